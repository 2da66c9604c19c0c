import { setTimeout as sleep } from 'node:timers/promises';
import type { VirtbsEvent } from '../events.js';

import { nextDelay } from '../http/next-delay.js';
import { TransferError } from './transfer-error.js';

export interface RetryOptions {
  readonly signal: AbortSignal;
  readonly emit: (event: VirtbsEvent) => void;
  /** Milliseconds before each further attempt; their number is that of the further attempts. */
  readonly delays?: readonly number[] | undefined;
}

/** The further attempts that one piece of work has, whoever in it uses them. */
export interface Retries {
  /** Waits until the next attempt is due; throws the failure where none is left or it would fail alike. */
  pause(failure: unknown): Promise<void>;
  /** Makes all attempts available again: the last one has brought the work on. */
  renew(): void;
}

const DELAYS = [500, 1000, 2000, 4000, 8000];
const BRIEF_ATTEMPTS = 3;
/** The longest pause in milliseconds; a server that asks for more is not waited for. */
const LONGEST_DELAY = 60_000;

/** Further attempts, each after a longer pause, or after the pause that the server asks for. The signal ends the pauses. */
export function createRetries({ signal, emit, delays = DELAYS }: RetryOptions): Retries {
  let used = 0;
  return {
    async pause(failure) {
      if (signal.aborted || !(failure instanceof TransferError) || !failure.transient) throw failure;
      const attempts = failure.brief ? BRIEF_ATTEMPTS : Number.POSITIVE_INFINITY;
      const { retryAfter } = failure;
      const milliseconds = nextDelay({ attempts, retryAfter }, { used, delays, longest: LONGEST_DELAY });
      if (milliseconds === undefined) throw failure;
      used += 1;
      emit({ type: 'warning', message: `${failure.message}; trying again in ${milliseconds / 1000} s` });
      await sleep(milliseconds, undefined, { signal });
    },
    renew() {
      used = 0;
    },
  };
}
