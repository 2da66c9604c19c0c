import type { DomainState } from '../../libvirt/domain-state.js';
import type { DomainSummary } from '../../libvirt/list-domains.js';
import type { NetworkSummary } from '../../libvirt/list-networks.js';
import type { LibvirtPool } from '../../libvirt/libvirt-pool.js';
import { collectSlices } from '../collect-slices.js';
import type { SliceState, VmState } from '../types.js';
import { METADATA_NAMESPACE, parseNetworkMetadata, parseVmMetadata, type VmMetadata } from './metadata.js';

const POWER: Readonly<Record<DomainState, VmState['power']>> = {
  'no-state': 'unknown',
  running: 'running',
  blocked: 'running',
  paused: 'paused',
  suspended: 'paused',
  'shutting-down': 'running',
  shutoff: 'off',
  crashed: 'crashed',
};

/** All that libvirt has at one moment, whoever made it. */
export interface Listing {
  readonly domains: readonly DomainSummary[];
  readonly networks: readonly NetworkSummary[];
}

/** Everything that carries our metadata, by slice. */
export async function inspectSlices(libvirt: LibvirtPool, signal: AbortSignal): Promise<readonly SliceState[]> {
  return listSlices(await readListing(libvirt, signal));
}

/** Returns all domains and networks, with our metadata. */
export async function readListing(libvirt: LibvirtPool, signal: AbortSignal): Promise<Listing> {
  const [domains, networks] = await Promise.all([
    libvirt.listDomains(METADATA_NAMESPACE, signal),
    libvirt.listNetworks(METADATA_NAMESPACE, signal),
  ]);
  return { domains, networks };
}

/** Everything in the listing that carries our metadata, by slice. */
export function listSlices({ domains, networks }: Listing): readonly SliceState[] {
  const vms = domains.flatMap((domain) => {
    const ownership = domain.metadata === null ? null : parseVmMetadata(domain.metadata);
    return ownership ? [{ ownership, state: vmState(domain, ownership) }] : [];
  });
  const owned = networks.flatMap(({ name, uuid, active, metadata }) => {
    const ownership = metadata === null ? null : parseNetworkMetadata(metadata);
    return ownership ? [{ ownership, state: { name, uuid, active, plans: ownership.plans } }] : [];
  });
  return collectSlices(vms, owned);
}

/** Returns the power of a VM whose domain is in a state of libvirt's. */
export function vmPower(state: DomainState): VmState['power'] {
  return POWER[state];
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
