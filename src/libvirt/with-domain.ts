import type { Connection } from './connection.js';
import type { Pointer } from './native-functions.js';
import { isUuid } from './object-uuid.js';

/**
 * Looks a domain up, lets an action use its handle, and frees the handle. The handle must not leave the action.
 *
 * @param domain UUID or name
 * @throws LibvirtError `NO_DOMAIN` where there is none
 */
export async function withDomain<T>(
  connection: Connection,
  domain: string,
  action: (handle: Pointer) => Promise<T>,
): Promise<T> {
  const lookUp = isUuid(domain) ? 'virDomainLookupByUUIDString' : 'virDomainLookupByName';
  const handle = await connection.call(lookUp, connection.pointer, domain);
  try {
    return await action(handle);
  } finally {
    connection.callHere('virDomainFree', handle);
  }
}
