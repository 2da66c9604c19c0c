import { nextDelay, type Retriable } from '../http/next-delay.js';
import { readRetryAfter } from '../http/read-retry-after.js';
import type { Answer } from './exchange.js';
import type { UnansweredError } from './unanswered-error.js';

/** Milliseconds before each further attempt. */
export const RETRY_DELAYS: readonly number[] = [500, 1000, 2000, 4000, 8000, 16_000];

/** The number of further attempts that a failure is worth. */
const WORTH: Readonly<Record<UnansweredError['again'], number>> = {
  never: 0,
  once: 1,
  soon: 3,
  later: Number.POSITIVE_INFINITY,
};
/** A service that asks for more is not waited for; milliseconds. */
const LONGEST_DELAY = 120_000;

export interface Attempts {
  /** The number of attempts after the first. */
  readonly used: number;
  readonly delays: readonly number[];
  /** True if the request may be carried out twice. */
  readonly repeatable: boolean;
}

/**
 * Returns the milliseconds to wait before a request is made again; undefined where it is not to be made again. A service that
 * answers 429 or 503 has not carried the request out, what a gateway answers says nothing about that.
 */
export function retryDelay(
  result: Answer | UnansweredError,
  { repeatable, ...schedule }: Attempts,
): number | undefined {
  return nextDelay(worthOf(result, repeatable), { ...schedule, longest: LONGEST_DELAY });
}

function worthOf(result: Answer | UnansweredError, repeatable: boolean): Retriable {
  if (!('status' in result)) {
    return { attempts: repeatable || !result.sent ? WORTH[result.again] : WORTH.never, retryAfter: 0 };
  }
  const { status, headers } = result;
  const isBusy = status === 429 || status === 503;
  const isGateway = (status === 502 || status === 504) && repeatable;
  return {
    attempts: isBusy || isGateway ? WORTH.later : WORTH.never,
    retryAfter: isBusy ? (readRetryAfter(headers.get('retry-after')) ?? 0) : 0,
  };
}
