import type { Dispatcher } from 'undici';
import { VirtbsError } from '../errors.js';
import { readPlainFile } from '../read-plain-file.js';
import { openConnections, type ConnectionOptions } from '../http/open-connections.js';
import type { TlsSettings } from './cloud-settings.js';

/** Bytes; the trust of a whole distribution has some hundred thousand. */
const MOST_PEM = 16 * 1024 ** 2;

/**
 * Connections for the requests to a cloud, with the trust that it needs. Each request has a time limit of its own.
 *
 * @throws VirtbsError `file-unreadable`, `config-invalid` for certificates that are none
 */
export async function openDispatcher(
  tls: TlsSettings,
  environment: ConnectionOptions['environment'],
): Promise<Dispatcher> {
  const { labels } = tls;
  const [ca, cert, key] = await Promise.all([
    readPem(tls.cacert, labels.cacert),
    readPem(tls.cert, labels.cert),
    readPem(tls.key ?? tls.cert, tls.key === null ? labels.cert : labels.key),
  ]);
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

/** @param given PEM, or the path of a file that has it; PEM is never repeated in a message, as it may be a key */
async function readPem(given: string | null, label: string): Promise<string | undefined> {
  if (given === null || given.includes('-----BEGIN ')) return given ?? undefined;
  let text: string;
  try {
    text = String(await readPlainFile(given, { most: MOST_PEM }));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new VirtbsError('file-unreadable', `${label}: ${given}: the file for TLS cannot be read: ${reason}`, {
      hint: `see ${label}: it is the path of a file in PEM, or PEM itself`,
      cause: error,
    });
  }
  if (text.includes('-----BEGIN ')) return text;
  throw new VirtbsError('config-invalid', `${label}: ${given}: there is no certificate or key in PEM in it`, {
    hint: 'it begins with a line such as -----BEGIN CERTIFICATE-----',
  });
}
