import { readFile } from 'node:fs/promises';
import type { Dispatcher } from 'undici';
import { VirtbsError } from '../errors.js';
import { openConnections, type ConnectionOptions } from '../http/open-connections.js';
import type { TlsSettings } from './cloud-settings.js';

/**
 * Connections for the requests to a cloud, with the trust that it needs. Each request has a time limit of its own.
 *
 * @throws VirtbsError `file-unreadable`, `config-invalid` for certificates that are none
 */
export async function openDispatcher(
  tls: TlsSettings,
  environment: ConnectionOptions['environment'],
): Promise<Dispatcher> {
  const [ca, cert, key] = await Promise.all([readPem(tls.cacert), readPem(tls.cert), readPem(tls.key ?? tls.cert)]);
  return openConnections({
    environment,
    tls: {
      rejectUnauthorized: tls.verify,
      ...(ca !== undefined && { ca }),
      ...(cert !== undefined && { cert, key }),
    },
    idle: 0,
  });
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
