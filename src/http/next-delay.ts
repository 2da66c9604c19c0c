/** The further attempts that a failure is worth. */
export interface Retriable {
  /** The number of further attempts that it is worth, all together. */
  readonly attempts: number;
  /** Milliseconds that the server asks to wait; 0 where it does not ask. */
  readonly retryAfter: number;
}

export interface RetrySchedule {
  /** The number of further attempts so far. */
  readonly used: number;
  /** Milliseconds before each further attempt; their number is the most that are made. */
  readonly delays: readonly number[];
  /** Milliseconds; a server that asks for more is not waited for. */
  readonly longest: number;
}

/** Returns the milliseconds to wait before the next attempt, or undefined where there is to be none. */
export function nextDelay(
  { attempts, retryAfter }: Retriable,
  { used, delays, longest }: RetrySchedule,
): number | undefined {
  const delay = delays[used];
  if (delay === undefined || used >= attempts || retryAfter > longest) return undefined;
  return Math.max(delay, retryAfter);
}
