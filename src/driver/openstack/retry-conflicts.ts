import { isCloudError } from '../../openstack/cloud-error.js';
import { pause } from './pause.js';

/** Milliseconds for what holds a thing to let it go. */
const LIMIT = 120_000;
const PAUSE = 500;

/**
 * Does something again as long as the service says that it conflicts with what is still going on.
 *
 * @param statuses with which it says so
 * @throws CloudError
 */
export async function retryConflicts<T>(
  work: () => Promise<T>,
  signal: AbortSignal,
  statuses: readonly number[] = [409],
): Promise<T> {
  const end = performance.now() + LIMIT;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isCloudError(error, ...statuses) || performance.now() > end) throw error;
      await pause(PAUSE, signal);
    }
  }
}
