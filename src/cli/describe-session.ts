import { hostname, userInfo } from 'node:os';

/** Who builds a slice, for the metadata of what is built: `user@host`. */
export function describeSession(): string {
  return `${userName()}@${hostname()}`;
}

/** The name of the user, or the number where it has none, as in many containers. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}
