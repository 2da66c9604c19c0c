import type { DomainSummary } from '../../libvirt/list-domains.js';
import type { LibvirtPool } from '../../libvirt/libvirt-pool.js';
import type { NetworkState, SliceState, VmState } from '../types.js';
import { METADATA_NAMESPACE, parseNetworkMetadata, parseVmMetadata, type VmMetadata } from './metadata.js';

const POWER: Readonly<Record<string, VmState['power']>> = {
  running: 'running',
  blocked: 'running',
  paused: 'paused',
  pmsuspended: 'paused',
  shutdown: 'running',
  shutoff: 'off',
  crashed: 'crashed',
};

/** Everything that carries our metadata, by slice. */
export async function inspectSlices(libvirt: LibvirtPool, signal: AbortSignal): Promise<readonly SliceState[]> {
  const [domains, networks] = await Promise.all([
    libvirt.listDomains(METADATA_NAMESPACE, signal),
    libvirt.listNetworks(METADATA_NAMESPACE, signal),
  ]);
  const slices = new Map<number, { slice: number; root: string; vms: VmState[]; networks: NetworkState[] }>();
  const sliceOf = ({ slice, root }: { readonly slice: number; readonly root: string }) => {
    const state = slices.get(slice) ?? { slice, root, vms: [], networks: [] };
    slices.set(slice, state);
    return state;
  };
  for (const domain of domains) {
    const metadata = domain.metadata === null ? null : parseVmMetadata(domain.metadata);
    if (metadata) sliceOf(metadata).vms.push(vmState(domain, metadata));
  }
  for (const { name, uuid, active, metadata } of networks) {
    const ownership = metadata === null ? null : parseNetworkMetadata(metadata);
    if (ownership) sliceOf(ownership).networks.push({ name, uuid, active });
  }
  const found = [...slices.values()].sort((one, other) => one.slice - other.slice);
  for (const { vms } of found) vms.sort((one, other) => one.offset - other.offset);
  return found;
}

/** What a domain's state of libvirt's means for a VM. */
export function vmPower(state: string): VmState['power'] {
  return POWER[state] ?? 'unknown';
}

function vmState(domain: DomainSummary, metadata: VmMetadata): VmState {
  const { hostname, role, offset, accessAddress, image, created, session } = metadata;
  return {
    domain: domain.name,
    uuid: domain.uuid,
    power: vmPower(domain.state),
    memoryMiB: Math.round(domain.maxMemoryKiB / 1024),
    vcpu: domain.vcpus,
    hostname,
    role,
    offset,
    accessAddress,
    image,
    created,
    session,
  };
}
