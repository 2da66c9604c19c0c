import { collectSlices } from '../collect-slices.js';
import type { SliceState, VmState } from '../types.js';
import { listOwned, type OwnedItem } from './list-owned.js';
import { readNetworkTags } from './network-tags.js';
import { portAddresses, reachedAddress, type PortAddresses } from './reach.js';
import type { ServerResource } from './resources.js';
import type { Site } from './site.js';
import { readVmRecord } from './vm-record.js';

/** Source: https://docs.openstack.org/api-guide/compute/server_concepts.html, "Server status" */
const POWER: Readonly<Record<string, VmState['power']>> = {
  ACTIVE: 'running',
  PASSWORD: 'running',
  REBOOT: 'running',
  HARD_REBOOT: 'running',
  RESIZE: 'running',
  VERIFY_RESIZE: 'running',
  MIGRATING: 'running',
  PAUSED: 'paused',
  SUSPENDED: 'paused',
  SHUTOFF: 'off',
  SHELVED: 'off',
  SHELVED_OFFLOADED: 'off',
  ERROR: 'crashed',
};

/** Returns the power of a VM whose server has a status. */
export function serverPower({ status }: Pick<ServerResource, 'status'>): VmState['power'] {
  return POWER[status] ?? 'unknown';
}

/** Everything of one slice or of all that carries a mark of our owner. */
export async function inspectSlices(
  site: Site,
  filter: { readonly slice?: number | undefined; readonly signal: AbortSignal },
): Promise<readonly SliceState[]> {
  const [servers, networks, addresses] = await Promise.all([
    listOwned(site, 'servers', filter),
    listOwned(site, 'networks', filter),
    portAddresses(site, filter),
  ]);
  const vms = servers.flatMap((server) => {
    const state = vmState(server, addresses);
    return state ? [{ ownership: server.mark, state }] : [];
  });
  const states = networks.map(({ mark, item: { id, name, tags } }) => ({
    ownership: mark,
    state: { name, uuid: id, active: true, plans: readNetworkTags(tags) },
  }));
  return collectSlices(vms, states);
}

function vmState({ mark, item }: OwnedItem<'servers'>, addresses: PortAddresses): VmState | null {
  const record = readVmRecord(item.metadata);
  if (!record) return null;
  const { plan, image, networks } = record;
  const { domain, uuid, hostname, role, offset, memoryMiB, vcpu } = plan;
  return {
    domain,
    uuid,
    hostname,
    role,
    offset,
    power: serverPower(item),
    accessAddress: reachedAddress(plan, addresses),
    image,
    memoryMiB,
    vcpu,
    created: mark.created,
    session: mark.session,
    plan,
    networks,
  };
}
