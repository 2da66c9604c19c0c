/** Milliseconds that a command waits for another that works on the same slice, where it has no option for it. */
export const LOCK_TIMEOUT = 300_000;
