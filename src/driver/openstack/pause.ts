import { setTimeout as sleep } from 'node:timers/promises';
import { VirtbsError } from '../../errors.js';

/** Waits before the cloud is asked again. @throws VirtbsError `cancelled` once the signal is raised */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(milliseconds, undefined, { signal });
  } catch (error) {
    throw new VirtbsError('cancelled', 'interrupted while waiting for the cloud', { cause: error });
  }
}
