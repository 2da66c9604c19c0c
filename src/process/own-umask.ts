import { umask } from 'node:process';

/** Others may read: the emulator is another user. What is secret is given its mode with its making, whatever the umask. */
const OURS = 0o022;

let callers: number | null = null;

/** Gives us and all programs that work for us one umask, whatever the caller's is: the modes of files that they make are ours to choose. */
export function setOwnUmask(): void {
  callers ??= umask(OURS);
}

/** Starts something that works for the caller, with the caller's umask. */
export function withCallersUmask<T>(start: () => T): T {
  if (callers === null) return start();
  umask(callers);
  try {
    return start();
  } finally {
    umask(OURS);
  }
}

/** The mode of a file that is made for the caller, in a place that the caller has named. */
export function callersFileMode(): number {
  return 0o666 & ~(callers ?? umask());
}
