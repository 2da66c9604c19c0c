import { VirtbsError } from '../../errors.js';
import type { VmPlan } from '../../plan/plan.js';
import { listOwned, type OwnedItem } from './list-owned.js';
import { partName } from './part-name.js';
import type { Site } from './site.js';
import { readVmRecord } from './vm-record.js';

/** A VM with its server and the volumes that are its disks. */
export interface VmServer {
  readonly vm: VmPlan;
  readonly server: OwnedItem<'servers'>;
  /** Keyed by the names of disks. */
  readonly volumes: ReadonlyMap<string, string>;
}

/** The servers of VMs, in their order. @throws VirtbsError `cloud-failed` where one has none */
export async function findServers(
  site: Site,
  { slice, vms }: { readonly slice: number; readonly vms: readonly VmPlan[] },
  signal: AbortSignal,
): Promise<readonly VmServer[]> {
  const filter = { slice, signal };
  const [servers, volumes] = await Promise.all([
    listOwned(site, 'servers', filter),
    listOwned(site, 'volumes', filter),
  ]);
  return vms.map((vm) => {
    const server = servers.find(({ item }) => readVmRecord(item.metadata)?.plan.uuid === vm.uuid);
    if (!server) throw new VirtbsError('cloud-failed', `${vm.hostname} has no server`);
    const attached = vm.disks.flatMap(({ name }) => {
      const volume = volumes.find(
        ({ item }) =>
          item.name === partName(vm, name) &&
          item.attachments.some(({ server_id: holder }) => holder === server.item.id),
      );
      return volume ? [[name, volume.item.id] as const] : [];
    });
    return { vm, server, volumes: new Map(attached) };
  });
}
