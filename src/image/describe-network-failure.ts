import { networkFailure } from '../http/network-failure.js';
import { readRetryAfter } from '../http/read-retry-after.js';
import type { ImageLocation } from './image-location.js';
import { TransferError, type TransferErrorDetails } from './transfer-error.js';

export interface TransferState {
  /** Bytes so far. */
  readonly received: number;
  readonly total: number | null;
}

const AGAIN = {
  never: { transient: false },
  soon: { transient: true, brief: true },
  later: { transient: true },
} satisfies Record<string, Pick<TransferErrorDetails, 'transient' | 'brief'>>;

/** Returns the error for people, by the code of a network error. Of any other error it knows only the message. */
export function describeNetworkFailure(location: ImageLocation, error: unknown, state?: TransferState): TransferError {
  const failure = networkFailure(error, location.url, progress(state));
  const reason = failure?.reason ?? `${location.url.host}: ${error instanceof Error ? error.message : String(error)}`;
  const hint = failure?.hint ?? 'see the url in the recipe, and whether this machine trusts the server';
  return new TransferError(`${location.label}: ${reason}`, { hint, cause: error, ...AGAIN[failure?.again ?? 'never'] });
}

export interface HttpAnswer {
  readonly status: number;
  readonly phrase?: string | undefined;
  /** The header `Retry-After`: seconds or a date (RFC 9110, section 10.2.3). */
  readonly retryAfter?: string | undefined;
}

/** Returns the error for an HTTP response that is neither the resource nor a redirect (RFC 9110, section 15). */
export function describeHttpFailure(location: ImageLocation, answer: HttpAnswer): TransferError {
  const { status, phrase = '' } = answer;
  const message = `${location.label}: the server answered ${status} ${phrase}`.trimEnd();
  if (status >= 500 || status === 408 || status === 429) {
    return new TransferError(message, {
      transient: true,
      retryAfter: readRetryAfter(answer.retryAfter),
      hint: 'the server has a problem: try again later, or use a mirror',
    });
  }
  const refused = status === 401 || status === 403;
  return new TransferError(message, {
    transient: false,
    hint: refused
      ? 'it wants a user name and password, or refuses this network'
      : 'the file has moved: correct the url in the recipe',
  });
}

function progress(state: TransferState | undefined): string {
  if (!state) return '';
  return state.total === null ? ` after ${state.received} bytes` : ` after ${state.received} of ${state.total} bytes`;
}
