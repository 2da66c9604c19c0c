import type { Connection } from './connection.js';
import type { Pointer } from './native-functions.js';

/** Bytes of a UUID in text, with the zero byte that ends it. */
const UUID_SIZE = 37;

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** Tells whether a text that names a domain or a network is its UUID; anything else is taken for its name. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** The UUID of a domain or a network, without asking the daemon. */
export function objectUuid(
  connection: Connection,
  kind: 'virDomainGetUUIDString' | 'virNetworkGetUUIDString',
  pointer: Pointer,
): string {
  const buffer = Buffer.alloc(UUID_SIZE);
  if (connection.callHere(kind, pointer, buffer) < 0) throw connection.lastError();
  return buffer.toString('latin1', 0, UUID_SIZE - 1);
}
