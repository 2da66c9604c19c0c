/** An address in this process. What it points to belongs to libvirt and is valid only on the connection it came from. */
export type Pointer = bigint;

/** A parameter through which libvirt hands back a value: a one-element list that it fills. */
export type Out<T> = [T | null];

export interface NativeDomainInfo {
  state: number;
  maxMem: number;
  memory: number;
  nrVirtCpu: number;
  cpuTime: number | bigint;
}

export interface NativeNodeInfo {
  memory: number;
  cpus: number;
}

/** The functions of libvirt that are used; null or a negative number is a failure. */
export interface NativeSignatures {
  virConnectOpen(uri: string): Pointer | null;
  virConnectClose(connection: Pointer): number;
  virConnectIsAlive(connection: Pointer): number;
  virConnectGetType(connection: Pointer): string | null;
  virConnectGetURI(connection: Pointer): string | null;
  virConnectGetVersion(connection: Pointer, version: Out<number>): number;
  virConnectGetLibVersion(connection: Pointer, version: Out<number>): number;
  virConnectGetCapabilities(connection: Pointer): string | null;
  virConnectGetDomainCapabilities(
    connection: Pointer,
    emulator: string | null,
    arch: string | null,
    machine: string | null,
    virtType: string | null,
    flags: number,
  ): string | null;
  virConnectDomainXMLToNative(connection: Pointer, format: string, xml: string, flags: number): string | null;
  virNodeGetInfo(connection: Pointer, info: Partial<NativeNodeInfo>): number;
  virNodeGetFreeMemory(connection: Pointer): number | bigint;

  virConnectListAllDomains(connection: Pointer, domains: Out<Pointer>, flags: number): number;
  virDomainLookupByUUIDString(connection: Pointer, uuid: string): Pointer | null;
  virDomainLookupByName(connection: Pointer, name: string): Pointer | null;
  virDomainDefineXMLFlags(connection: Pointer, xml: string, flags: number): Pointer | null;
  virDomainCreateXML(connection: Pointer, xml: string, flags: number): Pointer | null;
  virDomainFree(domain: Pointer): number;
  virDomainGetName(domain: Pointer): string | null;
  virDomainGetUUIDString(domain: Pointer, uuid: Buffer): number;
  virDomainGetID(domain: Pointer): number;
  virDomainGetXMLDesc(domain: Pointer, flags: number): string | null;
  virDomainGetMetadata(domain: Pointer, type: number, namespace: string, flags: number): string | null;
  virDomainGetInfo(domain: Pointer, info: Partial<NativeDomainInfo>): number;
  virDomainGetState(domain: Pointer, state: Out<number>, reason: Out<number>, flags: number): number;
  virDomainIsActive(domain: Pointer): number;
  virDomainCreateWithFlags(domain: Pointer, flags: number): number;
  virDomainSuspend(domain: Pointer): number;
  virDomainResume(domain: Pointer): number;
  virDomainSaveFlags(domain: Pointer, path: string, xml: string | null, flags: number): number;
  virDomainRestoreFlags(connection: Pointer, path: string, xml: string | null, flags: number): number;
  virDomainShutdownFlags(domain: Pointer, flags: number): number;
  virDomainReboot(domain: Pointer, flags: number): number;
  virDomainReset(domain: Pointer, flags: number): number;
  virDomainDestroy(domain: Pointer): number;
  virDomainUndefine(domain: Pointer): number;
  virDomainUndefineFlags(domain: Pointer, flags: number): number;

  virConnectGetAllDomainStats(connection: Pointer, stats: number, records: Out<Pointer>, flags: number): number;
  virDomainStatsRecordListFree(records: Pointer): null;

  virConnectListAllNetworks(connection: Pointer, networks: Out<Pointer>, flags: number): number;
  virNetworkLookupByUUIDString(connection: Pointer, uuid: string): Pointer | null;
  virNetworkLookupByName(connection: Pointer, name: string): Pointer | null;
  virNetworkDefineXMLFlags(connection: Pointer, xml: string, flags: number): Pointer | null;
  virNetworkCreateXML(connection: Pointer, xml: string): Pointer | null;
  virNetworkFree(network: Pointer): number;
  virNetworkGetName(network: Pointer): string | null;
  virNetworkGetUUIDString(network: Pointer, uuid: Buffer): number;
  virNetworkGetXMLDesc(network: Pointer, flags: number): string | null;
  virNetworkGetAutostart(network: Pointer, autostart: Out<number>): number;
  virNetworkSetAutostart(network: Pointer, autostart: number): number;
  virNetworkIsActive(network: Pointer): number;
  virNetworkIsPersistent(network: Pointer): number;
  virNetworkCreate(network: Pointer): number;
  virNetworkDestroy(network: Pointer): number;
  virNetworkUndefine(network: Pointer): number;
  virNetworkUpdate(
    network: Pointer,
    command: number,
    section: number,
    parentIndex: number,
    xml: string,
    flags: number,
  ): number;
}

export type NativeName = keyof NativeSignatures;

/** Structures of libvirt that calls fill, under the names that the prototypes use. */
export const NATIVE_STRUCTURES = {
  VirDomainInfo: { state: 'uchar', maxMem: 'ulong', memory: 'ulong', nrVirtCpu: 'ushort', cpuTime: 'ulonglong' },
  VirNodeInfo: {
    model: ['char', 32],
    memory: 'ulong',
    cpus: 'uint',
    mhz: 'uint',
    nodes: 'uint',
    sockets: 'uint',
    cores: 'uint',
    threads: 'uint',
  },
} as const;

/** The C prototypes for koffi. A result `str!` is copied and then freed; a plain `str` stays libvirt's. */
export const NATIVE_PROTOTYPES = {
  virConnectOpen: 'void *virConnectOpen(str uri)',
  virConnectClose: 'int virConnectClose(void *connection)',
  virConnectIsAlive: 'int virConnectIsAlive(void *connection)',
  virConnectGetType: 'str virConnectGetType(void *connection)',
  virConnectGetURI: 'str! virConnectGetURI(void *connection)',
  virConnectGetVersion: 'int virConnectGetVersion(void *connection, _Out_ ulong *version)',
  virConnectGetLibVersion: 'int virConnectGetLibVersion(void *connection, _Out_ ulong *version)',
  virConnectGetCapabilities: 'str! virConnectGetCapabilities(void *connection)',
  virConnectGetDomainCapabilities:
    'str! virConnectGetDomainCapabilities(void *connection, str emulator, str arch, str machine, str virtType, uint flags)',
  virConnectDomainXMLToNative: 'str! virConnectDomainXMLToNative(void *connection, str format, str xml, uint flags)',
  virNodeGetInfo: 'int virNodeGetInfo(void *connection, _Out_ VirNodeInfo *info)',
  virNodeGetFreeMemory: 'ulonglong virNodeGetFreeMemory(void *connection)',

  virConnectListAllDomains: 'int virConnectListAllDomains(void *connection, _Out_ void **domains, uint flags)',
  virDomainLookupByUUIDString: 'void *virDomainLookupByUUIDString(void *connection, str uuid)',
  virDomainLookupByName: 'void *virDomainLookupByName(void *connection, str name)',
  virDomainDefineXMLFlags: 'void *virDomainDefineXMLFlags(void *connection, str xml, uint flags)',
  virDomainCreateXML: 'void *virDomainCreateXML(void *connection, str xml, uint flags)',
  virDomainFree: 'int virDomainFree(void *domain)',
  virDomainGetName: 'str virDomainGetName(void *domain)',
  virDomainGetUUIDString: 'int virDomainGetUUIDString(void *domain, void *uuid)',
  virDomainGetID: 'uint virDomainGetID(void *domain)',
  virDomainGetXMLDesc: 'str! virDomainGetXMLDesc(void *domain, uint flags)',
  virDomainGetMetadata: 'str! virDomainGetMetadata(void *domain, int type, str namespace, uint flags)',
  virDomainGetInfo: 'int virDomainGetInfo(void *domain, _Out_ VirDomainInfo *info)',
  virDomainGetState: 'int virDomainGetState(void *domain, _Out_ int *state, _Out_ int *reason, uint flags)',
  virDomainIsActive: 'int virDomainIsActive(void *domain)',
  virDomainCreateWithFlags: 'int virDomainCreateWithFlags(void *domain, uint flags)',
  virDomainSuspend: 'int virDomainSuspend(void *domain)',
  virDomainResume: 'int virDomainResume(void *domain)',
  virDomainSaveFlags: 'int virDomainSaveFlags(void *domain, str path, str xml, uint flags)',
  virDomainRestoreFlags: 'int virDomainRestoreFlags(void *connection, str path, str xml, uint flags)',
  virDomainShutdownFlags: 'int virDomainShutdownFlags(void *domain, uint flags)',
  virDomainReboot: 'int virDomainReboot(void *domain, uint flags)',
  virDomainReset: 'int virDomainReset(void *domain, uint flags)',
  virDomainDestroy: 'int virDomainDestroy(void *domain)',
  virDomainUndefine: 'int virDomainUndefine(void *domain)',
  virDomainUndefineFlags: 'int virDomainUndefineFlags(void *domain, uint flags)',

  virConnectGetAllDomainStats:
    'int virConnectGetAllDomainStats(void *connection, uint stats, _Out_ void **records, uint flags)',
  virDomainStatsRecordListFree: 'void virDomainStatsRecordListFree(void *records)',

  virConnectListAllNetworks: 'int virConnectListAllNetworks(void *connection, _Out_ void **networks, uint flags)',
  virNetworkLookupByUUIDString: 'void *virNetworkLookupByUUIDString(void *connection, str uuid)',
  virNetworkLookupByName: 'void *virNetworkLookupByName(void *connection, str name)',
  virNetworkDefineXMLFlags: 'void *virNetworkDefineXMLFlags(void *connection, str xml, uint flags)',
  virNetworkCreateXML: 'void *virNetworkCreateXML(void *connection, str xml)',
  virNetworkFree: 'int virNetworkFree(void *network)',
  virNetworkGetName: 'str virNetworkGetName(void *network)',
  virNetworkGetUUIDString: 'int virNetworkGetUUIDString(void *network, void *uuid)',
  virNetworkGetXMLDesc: 'str! virNetworkGetXMLDesc(void *network, uint flags)',
  virNetworkGetAutostart: 'int virNetworkGetAutostart(void *network, _Out_ int *autostart)',
  virNetworkSetAutostart: 'int virNetworkSetAutostart(void *network, int autostart)',
  virNetworkIsActive: 'int virNetworkIsActive(void *network)',
  virNetworkIsPersistent: 'int virNetworkIsPersistent(void *network)',
  virNetworkCreate: 'int virNetworkCreate(void *network)',
  virNetworkDestroy: 'int virNetworkDestroy(void *network)',
  virNetworkUndefine: 'int virNetworkUndefine(void *network)',
  virNetworkUpdate:
    'int virNetworkUpdate(void *network, uint command, uint section, int parentIndex, str xml, uint flags)',
} as const satisfies Record<NativeName, string>;
