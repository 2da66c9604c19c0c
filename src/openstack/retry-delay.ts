import { readRetryAfter } from '../http/read-retry-after.js';
import type { Answer } from './exchange.js';
import type { UnansweredError } from './unanswered-error.js';

/** Milliseconds before each further attempt. */
export const RETRY_DELAYS: readonly number[] = [500, 1000, 2000, 4000, 8000, 16_000];

/** How many further attempts a failure is worth. */
const WORTH: Readonly<Record<UnansweredError['again'], number>> = {
  never: 0,
  once: 1,
  soon: 3,
  later: Number.POSITIVE_INFINITY,
};
/** A service that asks for more is not waited for; milliseconds. */
const LONGEST_DELAY = 120_000;

export interface Attempts {
  /** How many there were after the first. */
  readonly used: number;
  readonly delays: readonly number[];
  /** Whether the request may be carried out twice. */
  readonly repeatable: boolean;
}

/**
 * How long to wait before a request is made again, in milliseconds; nothing where it is not to be made again. A service that
 * answers 429 or 503 has not carried the request out, what a gateway answers says nothing about that.
 */
export function retryDelay(result: Answer | UnansweredError, attempts: Attempts): number | undefined {
  const delay = attempts.delays[attempts.used];
  if (delay === undefined) return undefined;
  if ('status' in result) {
    const asks = result.status === 429 || result.status === 503;
    const gateway = (result.status === 502 || result.status === 504) && attempts.repeatable;
    const wanted = asks ? readRetryAfter(result.headers.get('retry-after')) : undefined;
    if ((wanted ?? 0) > LONGEST_DELAY) return undefined;
    return asks || gateway ? Math.max(delay, wanted ?? 0) : undefined;
  }
  if (attempts.used >= WORTH[result.again]) return undefined;
  return attempts.repeatable || !result.sent ? delay : undefined;
}
