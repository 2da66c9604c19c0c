import type { Connection } from './connection.js';
import type { Pointer } from './native-functions.js';
import { isUuid } from './object-uuid.js';

/**
 * Looks a network up, lets an action use its handle, and frees the handle. The handle must not leave the action.
 *
 * @param network UUID or name
 * @throws LibvirtError `NO_NETWORK` where there is none
 */
export async function withNetwork<T>(
  connection: Connection,
  network: string,
  action: (handle: Pointer) => Promise<T>,
): Promise<T> {
  const lookUp = isUuid(network) ? 'virNetworkLookupByUUIDString' : 'virNetworkLookupByName';
  const handle = await connection.call(lookUp, connection.pointer, network);
  try {
    return await action(handle);
  } finally {
    connection.callHere('virNetworkFree', handle);
  }
}
