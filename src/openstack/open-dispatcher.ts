import { readFile } from 'node:fs/promises';
import type { Agent } from 'undici-types';
import { VirtbsError } from '../errors.js';
import type { TlsSettings } from './cloud-settings.js';

/** Connections stay open this long for the next request; servers usually close them after 5 s. */
const KEEP_ALIVE_MILLISECONDS = 4000;
const CONNECT_MILLISECONDS = 15_000;

/** Where Node's own fetch keeps what makes its connections. */
const GLOBAL_DISPATCHER = Symbol.for('undici.globalDispatcher.1');

/**
 * Connections of our own for `fetch`, kept open between requests, with the trust that a cloud needs. Node exports no class for
 * that, so it is taken from the connections that fetch uses by default.
 *
 * @returns nothing where this Node hides it and nothing but the default is asked for
 * @throws VirtbsError `file-unreadable`, `config-invalid` for certificates that are none
 */
export async function openDispatcher(tls: TlsSettings): Promise<Agent | undefined> {
  const [ca, cert, key] = await Promise.all([readPem(tls.cacert), readPem(tls.cert), readPem(tls.key ?? tls.cert)]);
  const connect = {
    timeout: CONNECT_MILLISECONDS,
    rejectUnauthorized: tls.verify,
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert, key }),
  };
  const AgentClass = findAgentClass();
  if (AgentClass) {
    return new AgentClass({ keepAliveTimeout: KEEP_ALIVE_MILLISECONDS, headersTimeout: 0, bodyTimeout: 0, connect });
  }
  if (tls.verify && ca === undefined && cert === undefined) return undefined;
  throw new VirtbsError('config-invalid', 'this Node cannot be told whom to trust for one cloud alone', {
    hint: 'set NODE_EXTRA_CA_CERTS to the file of the authority instead of cacert',
  });
}

function findAgentClass(): typeof Agent | undefined {
  const loaded = new Response(); // makes Node load fetch
  const found = loaded && (globalThis as Record<symbol, unknown>)[GLOBAL_DISPATCHER];
  return typeof found === 'object' && found !== null ? (found.constructor as typeof Agent) : undefined;
}

async function readPem(path: string | null): Promise<string | undefined> {
  if (path === null) return undefined;
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new VirtbsError('file-unreadable', `${path}: the file for TLS cannot be read: ${reason}`, {
      hint: 'see cacert, cert and key of the cloud, or OS_CACERT, OS_CERT and OS_KEY',
      cause: error,
    });
  }
  if (text.includes('-----BEGIN ')) return text;
  throw new VirtbsError('config-invalid', `${path}: there is no certificate or key in PEM in it`, {
    hint: 'it begins with a line such as -----BEGIN CERTIFICATE-----',
  });
}
