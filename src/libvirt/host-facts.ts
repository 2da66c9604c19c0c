import type { Connection } from './connection.js';
import type { NativeNodeInfo, Out } from './native-functions.js';

/**
 * The emulator, architecture, machine and kind of virtualization that is asked about; libvirt's own choice where not given.
 */
export interface DomainCapabilitiesQuery {
  readonly emulator?: string;
  readonly arch?: string;
  readonly machine?: string;
  readonly virtType?: string;
}

export interface NodeInfo {
  /** All memory of the host. */
  readonly memoryKiB: number;
  /** Processors that are on line. */
  readonly cpus: number;
}

export interface HypervisorIdentity {
  /** `QEMU`, `TEST`, … */
  readonly type: string;
  /** The URI as libvirt completed it. */
  readonly uri: string;
  /** The daemon's libvirt, as in `9.0.0`. */
  readonly libvirtVersion: string;
  /** The version of the emulator that libvirt uses, as in `7.2.22`. */
  readonly emulatorVersion: string;
}

/** XML as in https://libvirt.org/formatdomaincaps.html */
export async function readDomainCapabilities(connection: Connection, query: DomainCapabilitiesQuery): Promise<string> {
  const { emulator = null, arch = null, machine = null, virtType = null } = query;
  return connection.call('virConnectGetDomainCapabilities', connection.pointer, emulator, arch, machine, virtType, 0);
}

/**
 * The command that a domain would be started by, for drivers that start one. libvirt makes it as at a start, with all checks of
 * the definition, addresses of devices and what this emulator offers, and starts and keeps nothing.
 *
 * @throws LibvirtError where the domain could not be defined or started as it is
 */
export async function readDomainCommand(connection: Connection, format: string, xml: string): Promise<string> {
  return connection.call('virConnectDomainXMLToNative', connection.pointer, format, xml, 0);
}

/** XML as in https://libvirt.org/formatcaps.html */
export async function readCapabilities(connection: Connection): Promise<string> {
  return connection.call('virConnectGetCapabilities', connection.pointer);
}

export async function readNodeInfo(connection: Connection): Promise<NodeInfo> {
  const info: Partial<NativeNodeInfo> = {};
  await connection.call('virNodeGetInfo', connection.pointer, info);
  return { memoryKiB: Number(info.memory), cpus: info.cpus ?? 0 };
}

/** Bytes that nothing uses. Caches that would give way are not counted: it is `MemFree`, not `MemAvailable`. */
export async function readFreeMemory(connection: Connection): Promise<number> {
  const bytes = Number(await connection.call('virNodeGetFreeMemory', connection.pointer));
  if (bytes === 0) throw connection.lastError();
  return bytes;
}

export async function readIdentity(connection: Connection): Promise<HypervisorIdentity> {
  const { pointer } = connection;
  const version: Out<number> = [null];
  await connection.call('virConnectGetLibVersion', pointer, version);
  const emulator: Out<number> = [null];
  await connection.call('virConnectGetVersion', pointer, emulator);
  return {
    type: await connection.call('virConnectGetType', pointer),
    uri: await connection.call('virConnectGetURI', pointer),
    libvirtVersion: versionText(version[0] ?? 0),
    emulatorVersion: versionText(emulator[0] ?? 0),
  };
}

/** libvirt counts 9.1.2 as 9001002. */
function versionText(version: number): string {
  return [Math.trunc(version / 1e6), Math.trunc(version / 1e3) % 1e3, version % 1e3].join('.');
}
