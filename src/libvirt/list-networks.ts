import type { Connection } from './connection.js';
import { LIBVIRT_ERROR_CODE } from './libvirt-error-code.js';
import { isLibvirtError } from './libvirt-error.js';
import type { Out, Pointer } from './native-functions.js';
import type { NetworkHost } from './network-host.js';
import { readNetworkDescription } from './network-description.js';
import { objectUuid } from './object-uuid.js';

const { NO_NETWORK } = LIBVIRT_ERROR_CODE;

const LIST_ALL = 0;

export interface NetworkSummary {
  readonly name: string;
  readonly uuid: string;
  readonly active: boolean;
  readonly persistent: boolean;
  readonly autostart: boolean;
  /** The bridge, null where the network has none (as with `<forward mode='hostdev'>`). */
  readonly bridge: string | null;
  /** The host's addresses on it, `192.168.122.1/24`. */
  readonly addresses: readonly string[];
  /** The metadata element of the namespace asked for, as XML. */
  readonly metadata: string | null;
  /** Reservations and names in its DHCP and DNS. */
  readonly hosts: readonly NetworkHost[];
}

/**
 * All networks of the hypervisor, each in four round trips. One that vanishes meanwhile is left out.
 *
 * @param namespace URI of the metadata element to bring along; without it `metadata` is null
 */
export async function listNetworks(connection: Connection, namespace: string | null): Promise<NetworkSummary[]> {
  const list: Out<Pointer> = [null];
  const length = await connection.call('virConnectListAllNetworks', connection.pointer, list, LIST_ALL);
  const handles = connection.takeList(list[0], length);
  try {
    const summaries: NetworkSummary[] = [];
    for (const handle of handles) {
      const summary = await summarize(connection, handle, namespace);
      if (summary) summaries.push(summary);
    }
    return summaries;
  } finally {
    for (const handle of handles) connection.callHere('virNetworkFree', handle);
  }
}

async function summarize(
  connection: Connection,
  handle: Pointer,
  namespace: string | null,
): Promise<NetworkSummary | null> {
  try {
    const active = await connection.call('virNetworkIsActive', handle);
    const persistent = await connection.call('virNetworkIsPersistent', handle);
    const autostart: Out<number> = [0];
    // A transient network has no autostart and refuses the question.
    if (persistent === 1) await connection.call('virNetworkGetAutostart', handle, autostart);
    const xml = await connection.call('virNetworkGetXMLDesc', handle, 0);
    return {
      name: connection.callHere('virNetworkGetName', handle) ?? '',
      uuid: objectUuid(connection, 'virNetworkGetUUIDString', handle),
      active: active === 1,
      persistent: persistent === 1,
      autostart: autostart[0] === 1,
      ...readNetworkDescription(xml, namespace),
    };
  } catch (error) {
    if (isLibvirtError(error, NO_NETWORK)) return null;
    throw error;
  }
}
