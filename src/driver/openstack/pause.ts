import { setTimeout as sleep } from 'node:timers/promises';
import { VirtbsError } from '../../errors.js';

/** Milliseconds between two looks at something that goes on in the cloud. */
const SHORTEST = 500;
const LONGEST = 1000;

/** Waits before the cloud is asked again. @throws VirtbsError `cancelled` once the signal is raised */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(milliseconds, undefined, { signal });
  } catch (error) {
    throw new VirtbsError('cancelled', 'interrupted while waiting for the cloud', { cause: error });
  }
}

/** Waits before the next look at something: what is soon done is seen soon, and what takes its time is asked for seldom. */
export async function pauseSince(start: number, signal: AbortSignal): Promise<void> {
  const waited = performance.now() - start;
  await pause(Math.min(LONGEST, Math.max(SHORTEST, waited / 2)), signal);
}
