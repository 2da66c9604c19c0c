import type { DomainSummary } from '../../libvirt/list-domains.js';
import type { LibvirtPool } from '../../libvirt/libvirt-pool.js';
import { collectSlices } from '../collect-slices.js';
import type { SliceState, VmState } from '../types.js';
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
  const vms = domains.flatMap((domain) => {
    const ownership = domain.metadata === null ? null : parseVmMetadata(domain.metadata);
    return ownership ? [{ ownership, state: vmState(domain, ownership) }] : [];
  });
  const owned = networks.flatMap(({ name, uuid, active, metadata }) => {
    const ownership = metadata === null ? null : parseNetworkMetadata(metadata);
    return ownership ? [{ ownership, state: { name, uuid, active } }] : [];
  });
  return collectSlices(vms, owned);
}

/** What a domain's state of libvirt's means for a VM. */
export function vmPower(state: string): VmState['power'] {
  return POWER[state] ?? 'unknown';
}

function vmState(domain: DomainSummary, metadata: VmMetadata): VmState {
  const { hostname, role, offset, accessAddress, image, created, session, plan } = metadata;
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
    plan,
  };
}
