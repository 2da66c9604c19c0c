import type { Connection } from './connection.js';
import type { DefineOptions } from './domain-operations.js';
import { LIBVIRT_ERROR_CODE } from './libvirt-error-code.js';
import { isLibvirtError } from './libvirt-error.js';
import { objectUuid } from './object-uuid.js';
import { withNetwork } from './with-network.js';

const { NO_NETWORK, OPERATION_INVALID } = LIBVIRT_ERROR_CODE;

const DEFINE_VALIDATE = 1;

/** Defines a network, or defines it anew where its UUID and name exist already. Returns the UUID. */
export async function defineNetwork(connection: Connection, xml: string, options: DefineOptions): Promise<string> {
  const flags = options.validate ? DEFINE_VALIDATE : 0;
  const handle = await connection.call('virNetworkDefineXMLFlags', connection.pointer, xml, flags);
  try {
    return objectUuid(connection, 'virNetworkGetUUIDString', handle);
  } finally {
    connection.callHere('virNetworkFree', handle);
  }
}

/** Starts a network that libvirt forgets as soon as it is destroyed. Returns the UUID. */
export async function runNetwork(connection: Connection, xml: string): Promise<string> {
  const handle = await connection.call('virNetworkCreateXML', connection.pointer, xml);
  try {
    return objectUuid(connection, 'virNetworkGetUUIDString', handle);
  } finally {
    connection.callHere('virNetworkFree', handle);
  }
}

export async function readNetworkXml(connection: Connection, network: string): Promise<string> {
  return withNetwork(connection, network, (handle) => connection.call('virNetworkGetXMLDesc', handle, 0));
}

export async function startNetwork(connection: Connection, network: string): Promise<void> {
  await withNetwork(connection, network, (handle) => connection.call('virNetworkCreate', handle));
}

/** Tells whether libvirt starts the network together with itself. */
export async function setNetworkAutostart(connection: Connection, network: string, autostart: boolean): Promise<void> {
  await withNetwork(connection, network, (handle) =>
    connection.call('virNetworkSetAutostart', handle, autostart ? 1 : 0),
  );
}

/** Takes a network's bridge and services down. One that is inactive or gone is left as it is. */
export async function destroyNetwork(connection: Connection, network: string): Promise<void> {
  await unlessGone(() =>
    withNetwork(connection, network, async (handle) => {
      try {
        await connection.call('virNetworkDestroy', handle);
      } catch (error) {
        if (!isLibvirtError(error, OPERATION_INVALID)) throw error;
        if ((await connection.call('virNetworkIsActive', handle)) !== 0) throw error;
      }
    }),
  );
}

/** Forgets a network. One that is active goes on until it is destroyed; one that is gone already is no failure. */
export async function undefineNetwork(connection: Connection, network: string): Promise<void> {
  await unlessGone(() =>
    withNetwork(connection, network, async (handle) => {
      await connection.call('virNetworkUndefine', handle);
    }),
  );
}

async function unlessGone(action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (!isLibvirtError(error, NO_NETWORK)) throw error;
  }
}
