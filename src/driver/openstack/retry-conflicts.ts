import type { Clock } from '../../clock.js';
import { isCloudError } from '../../openstack/cloud-error.js';
import { pause } from './pause.js';

/** Milliseconds for what holds a thing to let it go. */
const LIMIT = 120_000;
const PAUSE = 500;

export interface RetryOptions {
  readonly clock: Clock;
  /** The statuses by which the service says so; 409 where not given. */
  readonly statuses?: readonly number[];
  readonly signal: AbortSignal;
}

/**
 * Does something again as long as the service says that it conflicts with what is still going on.
 *
 * @throws CloudError
 */
export async function retryConflicts<T>(
  work: () => Promise<T>,
  { clock, statuses = [409], signal }: RetryOptions,
): Promise<T> {
  const end = clock.now() + LIMIT;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isCloudError(error, ...statuses) || clock.now() > end) throw error;
      await pause(clock, PAUSE, signal);
    }
  }
}
