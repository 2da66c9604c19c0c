import type { ImageLocation } from './image-location.js';
import { TransferError, type TransferErrorDetails } from './transfer-error.js';

export interface TransferState {
  /** Bytes so far. */
  readonly received: number;
  readonly total: number | null;
}

const NEVER = { transient: false };
const SOON = { transient: true, brief: true };
const AGAIN = { transient: true };

const TRY_LATER = 'see whether the network is up, or try again later';

/** What an error of the network means, by its code (errno(3), getaddrinfo(3), or Node's own). */
export function describeNetworkFailure(location: ImageLocation, error: unknown, state?: TransferState): TransferError {
  const { host, hostname } = location.url;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const fail = (reason: string, hint: string, again: Pick<TransferErrorDetails, 'transient' | 'brief'>) =>
    new TransferError(`${location.label}: ${reason}`, { hint, cause: error, ...again });
  switch (code) {
    case 'ECONNREFUSED':
      return fail(
        `${host} refuses the connection`,
        'see whether the server runs, and the host and port in the url',
        SOON,
      );
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return fail(
        `no address is known for ${hostname}`,
        'see the host in the url, and whether this machine can resolve names',
        code === 'EAI_AGAIN' ? SOON : NEVER,
      );
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return fail(`${host} cannot be reached`, TRY_LATER, SOON);
    case 'ETIMEDOUT':
      return fail(`${host} does not answer`, TRY_LATER, AGAIN);
    case 'ECONNRESET':
    case 'EPIPE':
      return fail(`the connection to ${host} broke off${progress(state)}`, TRY_LATER, AGAIN);
    default: {
      const reason = error instanceof Error ? error.message : String(error);
      return fail(`${host}: ${reason}`, 'see the url in the recipe, and whether this machine trusts the server', NEVER);
    }
  }
}

export interface HttpAnswer {
  readonly status: number;
  readonly phrase?: string | undefined;
  /** The header `Retry-After`: seconds or a date (RFC 9110, section 10.2.3). */
  readonly retryAfter?: string | undefined;
}

/** What an HTTP response means that is neither the resource nor a redirect (RFC 9110, section 15). */
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

/** Milliseconds. */
function readRetryAfter(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const milliseconds = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isNaN(milliseconds) ? undefined : Math.max(0, milliseconds);
}

function progress(state: TransferState | undefined): string {
  if (!state) return '';
  return state.total === null ? ` after ${state.received} bytes` : ` after ${state.received} of ${state.total} bytes`;
}
