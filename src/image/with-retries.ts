import { setTimeout as sleep } from 'node:timers/promises';
import type { VirtbsEvent } from '../events.js';
import { TransferError } from './transfer-error.js';

export interface RetryOptions {
  readonly signal: AbortSignal;
  readonly emit: (event: VirtbsEvent) => void;
  /** Milliseconds before each further attempt; their number is that of the further attempts. */
  readonly delays?: readonly number[] | undefined;
}

const DELAYS = [500, 1000, 2000];

/** Makes an attempt again where it failed for a reason that may pass, from its beginning. The signal ends the pauses. */
export async function withRetries<T>(attempt: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { signal, emit, delays = DELAYS } = options;
  for (const delay of delays) {
    try {
      return await attempt();
    } catch (error) {
      if (signal.aborted || !(error instanceof TransferError) || !error.transient) throw error;
      emit({ type: 'warning', message: `${error.message}; trying again in ${delay / 1000} s` });
      await sleep(delay, undefined, { signal });
    }
  }
  return attempt();
}
