import type { Clock } from '../../clock.js';
import type { VirtbsError } from '../../errors.js';
import { pause } from './pause.js';

/** Milliseconds between two looks. */
const SHORTEST = 500;
const LONGEST = 1000;

export interface Watch<T> {
  readonly clock: Clock;
  /** Returns the thing that is waited for; undefined as long as it is not there. Throws where it never will be there. */
  readonly look: () => Promise<T | undefined>;
  /** Milliseconds. */
  readonly limit: number;
  /** Returns the error to throw when the time is over. */
  readonly late: () => VirtbsError;
  readonly signal: AbortSignal;
}

/** Looks at what goes on in the cloud: what is soon done is seen soon, and what takes its time is asked for seldom. */
export async function watch<T>({ clock, look, limit, late, signal }: Watch<T>): Promise<T> {
  const start = clock.now();
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    const waited = clock.now() - start;
    if (waited > limit) throw late();
    await pause(clock, Math.min(LONGEST, Math.max(SHORTEST, waited / 2)), signal);
  }
}
