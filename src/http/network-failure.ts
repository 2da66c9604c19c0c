/** The meaning of a network error for people, and whether it may pass. */
export interface NetworkFailure {
  readonly reason: string;
  readonly hint: string;
  /** `soon`: what is not there in a few seconds will not be there soon. */
  readonly again: 'never' | 'soon' | 'later';
  /** Whether the request can have reached the server. */
  readonly sent: boolean;
}

/** The failure of a proxy, or of the way to it. */
export class ProxyError extends Error {
  readonly failure: NetworkFailure;

  constructor(failure: NetworkFailure) {
    super(failure.reason);
    this.failure = failure;
  }
}

const TRY_LATER = 'see whether the network is up, or try again later';

/**
 * Knows an error of the network by its code (errno(3), getaddrinfo(3), undici's), and a proxy's.
 *
 * @param url who was asked, as messages are to name it
 * @param progress how far it had come, for a connection that broke: ` after 12 bytes`
 * @returns nothing for any other error
 */
export function networkFailure(
  error: unknown,
  { host, hostname }: Pick<URL, 'host' | 'hostname'>,
  progress = '',
): NetworkFailure | undefined {
  if (error instanceof ProxyError) return error.failure;
  switch (error instanceof Error && 'code' in error ? error.code : undefined) {
    case 'ECONNREFUSED':
      return {
        reason: `${host} refuses the connection`,
        hint: 'see whether the server runs, and the host and port in the url',
        again: 'soon',
        sent: false,
      };
    case 'ENOTFOUND':
      return unknownName(hostname, 'never');
    case 'EAI_AGAIN':
      return unknownName(hostname, 'soon');
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return { reason: `${host} cannot be reached`, hint: TRY_LATER, again: 'soon', sent: false };
    case 'UND_ERR_CONNECT_TIMEOUT':
      return { reason: `${host} does not answer`, hint: TRY_LATER, again: 'later', sent: false };
    case 'ETIMEDOUT':
    case 'UND_ERR_HEADERS_TIMEOUT':
    case 'UND_ERR_BODY_TIMEOUT':
      return { reason: `${host} does not answer`, hint: TRY_LATER, again: 'later', sent: true };
    case 'ECONNRESET':
    case 'EPIPE':
    case 'UND_ERR_SOCKET':
    case 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH':
      return { reason: `the connection to ${host} broke off${progress}`, hint: TRY_LATER, again: 'later', sent: true };
    default:
      return undefined;
  }
}

function unknownName(hostname: string, again: NetworkFailure['again']): NetworkFailure {
  return {
    reason: `no address is known for ${hostname}`,
    hint: 'see the host in the url, and whether this machine can resolve names',
    again,
    sent: false,
  };
}
