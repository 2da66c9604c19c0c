import { setTimeout as sleep } from 'node:timers/promises';

/** Time for what waits and asks again: the machine's, or in tests one that runs faster. */
export interface Clock {
  /** Milliseconds since some moment; never goes back. */
  now(): number;
  /** Waits that many milliseconds. @throws AbortError once the signal is raised */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

export const MACHINE_CLOCK: Clock = {
  now: () => performance.now(),
  sleep: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }),
};
