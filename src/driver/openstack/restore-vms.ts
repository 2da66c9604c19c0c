import * as z from 'zod';
import { isCloudError } from '../../openstack/cloud-error.js';
import { VirtbsError } from '../../errors.js';
import { runPhase } from '../../run-phase.js';
import type { DriverContext, KeptDisk, KeptVm, KeepRequest, VmOutcome } from '../types.js';
import { actOnServer } from './act-on-server.js';
import { awaitServer } from './await-server.js';
import { changePower } from './change-power.js';
import { awaitVolume, createVolume } from './create-volumes.js';
import { findServers, type VmServer } from './find-servers.js';
import { retryConflicts } from './retry-conflicts.js';
import { settleAll } from '../../settle-all.js';
import { markedRoot, type Site } from './site.js';

/**
 * The microversion since which a volume can be deleted together with its server. Source: nova's "REST API Version History",
 * 2.79
 */
const DELETE_ON_TERMINATION = '2.79';

/**
 * Gives servers the first disks that were kept, by building them anew from their images where they are, and new volumes of the
 * snapshots as their further disks; they boot from them, all at once. Ports, addresses and ids stay. Nothing is touched
 * before all that was kept is known to be there.
 */
export async function restoreVms(
  site: Site,
  { slice, vms, kept }: Pick<KeepRequest, 'slice' | 'vms'> & { readonly kept: readonly KeptVm[] },
  { emit, signal }: DriverContext,
): Promise<readonly VmOutcome[]> {
  signal.throwIfAborted();
  const servers = await findServers(site, { slice, vms }, signal);
  const pairs = kept.map((each) => {
    const found = servers.find(({ vm }) => vm.hostname === each.hostname);
    if (!found) throw new Error(`${each.hostname} is not in the plan`);
    return { ...found, kept: each };
  });
  await settleAll(pairs.map((pair) => assertThere(site, pair.kept, signal)));
  return await runPhase(emit, 'restore', async () => {
    const outcomes = await Promise.all(pairs.map((pair) => restoreVm(site, pair, signal)));
    signal.throwIfAborted();
    return outcomes.filter(({ error }) => error !== null);
  });
}

type Pair = VmServer & { readonly kept: KeptVm };

/** @throws VirtbsError `cloud-failed` */
async function assertThere({ cloud }: Site, { hostname, disks }: KeptVm, signal: AbortSignal): Promise<void> {
  await settleAll(
    disks.map(async ({ name, layer }, index) => {
      const [service, path] =
        index === 0 ? (['image', `/images/${layer}`] as const) : (['volume', `/snapshots/${layer}`] as const);
      try {
        await cloud.service(service).request('GET', path, { schema: z.unknown(), signal });
      } catch (error) {
        if (!isCloudError(error, 404)) throw error;
        throw new VirtbsError(
          'cloud-failed',
          `${hostname}: what was kept of its disk "${name}" is gone from the cloud`,
          {
            hint: 'virtbs cycle builds the slice anew',
            cause: error,
          },
        );
      }
    }),
  );
}

async function restoreVm(site: Site, pair: Pair, signal: AbortSignal): Promise<VmOutcome> {
  const { vm, server, kept } = pair;
  const { id } = server.item;
  const power = async (action: 'start' | 'off'): Promise<void> => changePower(site, { vm, id, action }, signal);
  try {
    const [root, ...further] = kept.disks;
    if (!root) throw new Error(`${vm.hostname} has no disk`);
    // A guest that runs may not let go of a volume.
    const off = further.length > 0 || kept.power === 'off';
    if (server.item.status !== 'ERROR') await power(off ? 'off' : 'start');
    await swapVolumes(site, pair, { disks: further, signal });
    await actOnServer(site, id, { rebuild: { imageRef: root.layer } }, signal);
    await awaitServer(site, { id, name: vm.hostname, wanted: off ? 'SHUTOFF' : 'ACTIVE', signal });
    if (kept.power === 'running') await power('start');
    return { vm, error: null };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { vm, error };
  }
}

interface SwapOptions {
  readonly disks: readonly KeptDisk[];
  readonly signal: AbortSignal;
}

/**
 * Puts volumes of what was kept in the places of those that the server has. They come one after another: so they are given
 * their places. An old volume goes when nothing is kept of it any more.
 *
 * Source: https://docs.openstack.org/api-ref/compute/#servers-with-volume-attachments
 */
async function swapVolumes(site: Site, { vm, server, volumes }: Pair, { disks, signal }: SwapOptions): Promise<void> {
  const compute = site.cloud.service('compute');
  const attachments = `/servers/${server.item.id}/os-volume_attachments`;
  const mark = { ...server.mark, root: markedRoot(site.root) };
  const detach = async (id: string): Promise<void> => {
    await retryConflicts(() => compute.send('DELETE', `${attachments}/${id}`, { signal }), {
      clock: compute.clock,
      signal,
    });
    await awaitVolume(site, { id, wanted: 'available', signal });
  };
  const [made] = await Promise.all([
    settleAll(disks.map((disk) => createVolume(site, { vm, disk, source: { snapshot_id: disk.layer }, mark, signal }))),
    settleAll(disks.flatMap(({ name }) => volumes.get(name) ?? []).map(detach)),
  ]);
  const goes = await compute.speaks(DELETE_ON_TERMINATION, signal);
  for (const id of made) {
    const volumeAttachment = { volumeId: id, ...(goes && { delete_on_termination: true }) };
    await retryConflicts(() => compute.send('POST', attachments, { body: { volumeAttachment }, signal }), {
      clock: compute.clock,
      signal,
    });
    await awaitVolume(site, { id, wanted: 'in-use', signal });
  }
}
