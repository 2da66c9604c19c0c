import type { Connection } from './connection.js';
import { domainState } from './domain-state.js';
import type { DomainState } from './domain-state.js';
import type { NativeDomainInfo, Pointer } from './native-functions.js';

export interface DomainInfo {
  readonly state: DomainState;
  /** The most memory the domain may have. */
  readonly maxMemoryKiB: number;
  readonly vcpus: number;
  /** Processor time used since the start; without meaning while the domain is off. */
  readonly cpuTimeNanoseconds: number;
}

/** State, memory and processor time of a domain in one round trip. */
export async function readDomainInfo(connection: Connection, handle: Pointer): Promise<DomainInfo> {
  const info: Partial<NativeDomainInfo> = {};
  await connection.call('virDomainGetInfo', handle, info);
  return {
    state: domainState(info.state ?? 0),
    maxMemoryKiB: Number(info.maxMem),
    vcpus: info.nrVirtCpu ?? 0,
    cpuTimeNanoseconds: Number(info.cpuTime),
  };
}
