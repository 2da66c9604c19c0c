import * as z from 'zod';
import { VirtbsError } from '../../errors.js';
import type { DiskPlan } from '../../plan/plan.js';
import { runPhase } from '../../run-phase.js';
import type { DriverContext, SavedDisk, SavedState, SavedVm, StateRequest, VmOutcome } from '../types.js';
import { actOnServer } from './act-on-server.js';
import { awaitServer, readServer } from './await-server.js';
import { deleteItem } from './delete-item.js';
import { findServers, type VmServer } from './find-servers.js';
import { serverPower } from './inspect-slices.js';
import { keptItem } from './kept-item.js';
import { listOwned } from './list-owned.js';
import { pause } from './pause.js';
import { imageSchema, volumeSnapshotSchema } from './resources.js';
import { settleAll } from './settle-all.js';
import { markedRoot, type Site } from './site.js';

const POLL = 1000;
const GIB = 1024 ** 3;
const NEVER = new AbortController().signal;

/**
 * Keeps the disks of all VMs at one instant, without their memory: servers that run are paused until the cloud has an image of
 * each first disk, and snapshots of the other ones, which are volumes.
 *
 * @throws VirtbsError `snapshot-unsupported` for a server that boots from a volume: nothing in a cloud gives it back an older one
 */
export async function saveState(
  site: Site,
  { slice, vms }: Pick<StateRequest, 'slice' | 'vms'>,
  { emit, signal }: DriverContext,
): Promise<SavedState> {
  signal.throwIfAborted();
  const servers = await findServers(site, { slice, vms }, signal);
  for (const each of servers) assertKeepable(each);
  const running = servers.filter(({ server }) => serverPower(server.item) === 'running');
  return await runPhase(emit, 'save', async () => {
    const names = new Set<string>();
    try {
      await settleAll(running.map((each) => freeze(site, each, signal)));
      const saved = await settleAll(servers.map((each) => keepVm(site, each, { names, signal })));
      return { vms: saved, failures: await thaw(site, running) };
    } catch (error) {
      const failures = await thaw(site, running);
      await giveUp(site, { slice, names });
      throw withFailures(error, failures);
    }
  });
}

interface KeepOptions {
  /** Of all that was asked for. */
  readonly names: Set<string>;
  readonly signal: AbortSignal;
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

/** Volumes come first: of a server that is made an image of, some clouds can make no snapshots of volumes. */
async function keepVm(site: Site, each: VmServer, options: KeepOptions): Promise<SavedVm> {
  const { vm, server } = each;
  const [root, ...further] = vm.disks;
  if (!root) throw new Error(`${vm.hostname} has no disk`);
  const volumes = await settleAll(further.map((disk) => keepVolume(site, each, { ...options, disk })));
  const image = await keepImage(site, each, { ...options, disk: root });
  const power = serverPower(server.item) === 'off' ? 'off' : 'running';
  return { hostname: vm.hostname, power, disks: [image, ...volumes] };
}

type DiskOptions = KeepOptions & { readonly disk: DiskPlan };

/** Source: https://docs.openstack.org/api-ref/compute/#create-image-createimage-action */
async function keepImage(site: Site, each: VmServer, { disk, names, signal }: DiskOptions): Promise<SavedDisk> {
  const { vm, server } = each;
  const { id } = server.item;
  const kept = keptItem(vm, disk, newMark(site, each));
  names.add(kept.name);
  await actOnServer(site, id, { createImage: { name: kept.name, metadata: kept.metadata } }, signal);
  // Which image it is the answer says only from microversion 2.45 on.
  const query = { name: kept.name };
  const service = site.cloud.service('image');
  const [made] = await service.list('/images', 'images', { schema: imageSchema, query, signal });
  if (!made) throw new VirtbsError('cloud-failed', `${vm.hostname}: the cloud makes no image of it`);
  const end = performance.now() + site.settings.missingTimeout;
  for (;;) {
    const now = await readServer(site, id, signal);
    const image = await service.request('GET', `/images/${made.id}`, { schema: imageSchema, signal });
    const settled = now !== null && !now['OS-EXT-STS:task_state'];
    if (image.status === 'active' && settled) {
      return { name: disk.name, layer: image.id, sizeBytes: disk.sizeBytes, keptBytes: image.size ?? 0 };
    }
    if (
      now === null ||
      (settled && image.status === 'queued') ||
      image.status === 'killed' ||
      image.status === 'deleted'
    ) {
      throw new VirtbsError('cloud-failed', `${vm.hostname}: the cloud could not make an image of it`, {
        hint: 'the operators of the cloud know why',
      });
    }
    if (performance.now() > end) throw late(`${vm.hostname}: its image`, image.status, site);
    await pause(POLL, signal);
  }
}

/** Source: https://docs.openstack.org/api-ref/block-storage/v3/#create-a-snapshot */
async function keepVolume(site: Site, each: VmServer, { disk, names, signal }: DiskOptions): Promise<SavedDisk> {
  const { vm, volumes } = each;
  const { name, metadata } = keptItem(vm, disk, newMark(site, each));
  const volume = volumes.get(disk.name);
  if (volume === undefined) {
    throw new VirtbsError('cloud-failed', `${vm.hostname}: there is no volume for its disk "${disk.name}"`, {
      hint: 'virtbs replace builds the VM anew',
    });
  }
  names.add(name);
  const service = site.cloud.service('volume');
  const schema = z.object({ snapshot: volumeSnapshotSchema });
  const wanted = { volume_id: volume, name, metadata, force: true };
  const { id } = (await service.request('POST', '/snapshots', { body: { snapshot: wanted }, schema, signal })).snapshot;
  const end = performance.now() + site.settings.missingTimeout;
  for (;;) {
    const { status, size } = (await service.request('GET', `/snapshots/${id}`, { schema, signal })).snapshot;
    if (status === 'available') {
      return { name: disk.name, layer: id, sizeBytes: disk.sizeBytes, keptBytes: size * GIB };
    }
    if (status.startsWith('error')) {
      throw new VirtbsError('cloud-failed', `${vm.hostname}: the snapshot of its disk "${disk.name}" is in ${status}`, {
        hint: 'the operators of the cloud know why',
      });
    }
    if (performance.now() > end) throw late(`${vm.hostname}: the snapshot of its disk "${disk.name}"`, status, site);
    await pause(POLL, signal);
  }
}

function newMark(site: Site, { server: { mark } }: VmServer): Parameters<typeof keptItem>[2] {
  return { ...mark, root: markedRoot(site.root), created: new Date().toISOString() };
}

function late(what: string, status: string, { settings }: Site): VirtbsError {
  return new VirtbsError('timeout', `${what} is still ${status} after ${settings.missingTimeout / 1000} s`, {
    hint: 'give it longer with openstack.missing_timeout, or ask the operators of the cloud',
  });
}

/** Why nothing was kept, and which servers stand still because of it. */
function withFailures(error: unknown, failures: readonly VmOutcome[]): unknown {
  if (failures.length === 0) return error;
  const reasons = [error, ...failures.map((failure) => failure.error)];
  const lines = reasons.map((reason) => (reason instanceof Error ? reason.message : String(reason)));
  return new VirtbsError('cloud-failed', lines.join('\n'), {
    hint: 'virtbs start lets VMs go on that are paused',
    cause: error,
  });
}
