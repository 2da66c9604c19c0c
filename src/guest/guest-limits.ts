/**
 * The most that is taken from a guest, whatever it does: a guest may be hostile, and this machine's memory and time are not
 * its own.
 */
export const GUEST_LIMITS = {
  /** Characters of a line; a longer one is given in pieces. */
  line: 64 * 1024,
  /** Bytes of each stream that are kept of a command: the first and the last half. */
  kept: 1024 ** 2,
  /** Bytes that the answer to a question of ours may have; a guest that says more does not do what it is told. */
  answer: 256 * 1024,
  /** Milliseconds for the answer to a question of ours, login included; a guest under emulation may be slow. */
  milliseconds: 60_000,
} as const;
