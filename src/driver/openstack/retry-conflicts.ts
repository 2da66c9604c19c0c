import { setTimeout as sleep } from 'node:timers/promises';
import { isCloudError } from '../../openstack/cloud-error.js';

/** Milliseconds for what holds a thing to let it go. */
const LIMIT = 120_000;
const PAUSE = 500;

/** Does something again as long as the service says that it conflicts with what is still going on. @throws CloudError */
export async function retryConflicts<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const end = performance.now() + LIMIT;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isCloudError(error, 409) || performance.now() > end) throw error;
      await sleep(PAUSE, undefined, { signal });
    }
  }
}
