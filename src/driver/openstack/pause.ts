import type { Clock } from '../../clock.js';
import { VirtbsError } from '../../errors.js';

/** Waits before the cloud is asked again. @throws VirtbsError `cancelled` once the signal is raised */
export async function pause(clock: Clock, milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await clock.sleep(milliseconds, signal);
  } catch (error) {
    throw new VirtbsError('cancelled', 'interrupted while waiting for the cloud', { cause: error });
  }
}
