import { networkFailure, type NetworkFailure } from '../http/network-failure.js';

const NEVER = { again: 'never', sent: false } as const;

/** Returns why no answer came: what `fetch` threw, or what reading the answer threw. */
export function explainLostRequest(error: unknown, url: URL): NetworkFailure {
  const cause = innermost(error);
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return (
    networkFailure(cause, url) ?? explainNonsense(code, url) ?? explainTls(code, url) ?? unknownFailure(cause, url)
  );
}

/** `fetch` wraps what happened. */
function innermost(error: unknown): unknown {
  let found = error;
  while (found instanceof Error && !('code' in found) && found.cause !== undefined) found = found.cause;
  return found;
}

/** The codes of the parser. */
function explainNonsense(code: string, url: URL): NetworkFailure | undefined {
  if (!code.startsWith('HPE_')) return undefined;
  return {
    ...NEVER,
    reason: `${url.host} does not answer in HTTP`,
    hint: 'see the host and port of the endpoint, and whether it is one of https',
    sent: true,
  };
}

/** The codes of OpenSSL's checks: https://docs.openssl.org/master/man3/X509_STORE_CTX_get_error/ */
function explainTls(code: string, url: URL): NetworkFailure | undefined {
  switch (code) {
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return {
        ...NEVER,
        reason: `the certificate of ${url.host} is signed by nobody whom this machine trusts`,
        hint: "give the file of the cloud's authority: cacert in clouds.yaml, or OS_CACERT",
      };
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
      return {
        ...NEVER,
        reason: `the certificate of ${url.host} ${code === 'CERT_HAS_EXPIRED' ? 'has expired' : 'is not valid yet'}`,
        hint: 'see the clock of this machine, and tell the operators of the cloud',
      };
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return {
        ...NEVER,
        reason: `the certificate of ${url.host} is one for other names`,
        hint: 'write the host in the auth url and in endpoints as the certificate has it',
      };
    case 'EPROTO':
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
      return {
        ...NEVER,
        reason: `${url.host} does not speak TLS as expected`,
        hint: 'see whether the endpoint is one of http, and its port',
      };
    default:
      return code.startsWith('CERT_') || code.startsWith('ERR_TLS_') || code.startsWith('ERR_SSL_')
        ? { ...NEVER, reason: `${url.host} cannot be trusted: ${code}`, hint: 'see cacert, cert and key of the cloud' }
        : undefined;
  }
}

function unknownFailure(cause: unknown, url: URL): NetworkFailure {
  const reason = `${url.host}: ${cause instanceof Error ? cause.message : String(cause)}`;
  return { ...NEVER, reason, hint: 'see the auth url and the endpoints of the cloud', sent: true };
}
