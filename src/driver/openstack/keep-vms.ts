import { VirtbsError } from '../../errors.js';
import { runPhase } from '../../run-phase.js';
import type { DriverContext, KeepOutcome, KeepRequest, VmOutcome } from '../types.js';
import { withStuckVms } from '../with-stuck-vms.js';
import { actOnServer } from './act-on-server.js';
import { awaitServer, readServer } from './await-server.js';
import { deleteItem } from './delete-item.js';
import { findServers, type VmServer } from './find-servers.js';
import { serverPower } from './inspect-slices.js';
import { keepVm } from './keep-vm.js';
import { listOwned } from './list-owned.js';
import { settleAll } from '../../settle-all.js';
import type { Site } from './site.js';

const NEVER = new AbortController().signal;

/**
 * Keeps the disks of all VMs at one instant, without their memory: servers that run are paused until the cloud has an image of
 * each first disk, and snapshots of the other ones, which are volumes.
 *
 * @throws VirtbsError `snapshot-unsupported` for a server that boots from a volume: nothing in a cloud gives it back an older one
 */
export async function keepVms(
  site: Site,
  { slice, vms }: Pick<KeepRequest, 'slice' | 'vms'>,
  { emit, signal }: DriverContext,
): Promise<KeepOutcome> {
  signal.throwIfAborted();
  const servers = await findServers(site, { slice, vms }, signal);
  for (const each of servers) assertKeepable(each);
  const running = servers.filter(({ server }) => serverPower(server.item) === 'running');
  return await runPhase(emit, 'save', async () => {
    const names = new Set<string>();
    try {
      await settleAll(running.map((each) => freeze(site, each, signal)));
      const kept = await settleAll(servers.map((each) => keepVm(site, each, { names, signal })));
      return { vms: kept, failures: await thaw(site, running) };
    } catch (error) {
      const failures = await thaw(site, running);
      await giveUp(site, { slice, names });
      throw withStuckVms(error, failures, 'cloud-failed');
    }
  });
}

function assertKeepable({ vm: { hostname }, server: { item } }: VmServer): void {
  if (serverPower(item) === 'crashed' || serverPower(item) === 'unknown') {
    throw new VirtbsError('cloud-failed', `${hostname}: its server is ${item.status}, and cannot be kept so`);
  }
  if (item.image !== '') return;
  throw new VirtbsError(
    'snapshot-unsupported',
    `${hostname} boots from a volume, and a cloud cannot give it an older one`,
    {
      hint: 'only servers that boot from an image can be kept: see boot_from_volume and block_devices',
    },
  );
}

async function freeze(site: Site, { vm, server: { item } }: VmServer, signal: AbortSignal): Promise<void> {
  await actOnServer(site, item.id, { pause: null }, signal);
  await awaitServer(site, { id: item.id, name: vm.hostname, wanted: 'PAUSED', signal });
}

/** Lets servers go on, also after an interruption. A server that cannot is an outcome. */
async function thaw(site: Site, servers: readonly VmServer[]): Promise<readonly VmOutcome[]> {
  const outcomes = servers.map(async ({ vm, server: { item } }): Promise<VmOutcome> => {
    try {
      const now = await readServer(site, item.id, NEVER);
      if (now?.status === 'ACTIVE' && !now['OS-EXT-STS:task_state']) return { vm, error: null };
      await actOnServer(site, item.id, { unpause: null }, NEVER);
      await awaitServer(site, { id: item.id, name: vm.hostname, wanted: 'ACTIVE', signal: NEVER });
      return { vm, error: null };
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      return { vm, error };
    }
  });
  return (await Promise.all(outcomes)).filter(({ error }) => error !== null);
}

/** Removes what was made, also where its answer was lost; what cannot be is left for the next time that states are forgotten. */
async function giveUp(
  site: Site,
  { slice, names }: { readonly slice: number; readonly names: ReadonlySet<string> },
): Promise<void> {
  const filter = { slice, signal: NEVER };
  const found = await Promise.all([
    listOwned(site, 'images', filter),
    listOwned(site, 'volumeSnapshots', filter),
  ]).catch(() => [[], []] as const);
  const [images, snapshots] = found;
  const [image, volume] = [site.cloud.service('image'), site.cloud.service('volume')];
  await Promise.allSettled([
    ...images
      .filter(({ item }) => names.has(item.name ?? ''))
      .map(({ item }) => deleteItem(image, `/images/${item.id}`, NEVER)),
    ...snapshots
      .filter(({ item }) => names.has(item.name ?? ''))
      .map(({ item }) => deleteItem(volume, `/snapshots/${item.id}`, NEVER)),
  ]);
}
