import { userInfo } from 'node:os';

/** The name of the user, or the number where it has none, as in many containers. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}
