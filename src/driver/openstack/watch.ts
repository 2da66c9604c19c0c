import type { VirtbsError } from '../../errors.js';
import { pause } from './pause.js';

/** Milliseconds between two looks. */
const SHORTEST = 500;
const LONGEST = 1000;

export interface Watch<T> {
  /** What is waited for; undefined as long as it is not there. Throws where it never will be. */
  readonly look: () => Promise<T | undefined>;
  /** Milliseconds. */
  readonly limit: number;
  /** What is thrown when they are over. */
  readonly late: () => VirtbsError;
  readonly signal: AbortSignal;
}

/** Looks at what goes on in the cloud: what is soon done is seen soon, and what takes its time is asked for seldom. */
export async function watch<T>({ look, limit, late, signal }: Watch<T>): Promise<T> {
  const start = performance.now();
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    const waited = performance.now() - start;
    if (waited > limit) throw late();
    await pause(Math.min(LONGEST, Math.max(SHORTEST, waited / 2)), signal);
  }
}
