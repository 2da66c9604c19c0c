import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { VirtbsError } from '../../errors.js';
import { memoryPath, slicePaths } from '../../filenames.js';
import { runPhase } from '../../run-phase.js';
import type { DriverContext, SavedVm, StateRequest, VmOutcome } from '../types.js';
import { forAllVms } from './for-all-vms.js';
import type { StateOptions } from './save-state.js';
import { dropDisks, makeNextDisks, removeNextDisks, type SwapOptions } from './swap-disks.js';
import { thawVms, type StateVm } from './thaw-vms.js';

/**
 * Turns all VMs off, gives them new disks on the layers that were kept, starts them from the memory that was saved, and lets
 * them run when all are there. Nothing is touched before every file is known to be there.
 */
export async function restoreState(
  { slice, vms, directory, layers, saved }: StateRequest & { readonly saved: readonly SavedVm[] },
  { libvirt, root }: StateOptions,
  { emit, signal }: DriverContext,
): Promise<readonly VmOutcome[]> {
  const swap: SwapOptions = { paths: slicePaths(root, slice), layers };
  const all = saved.map((each): StateVm => {
    const vm = vms.find(({ hostname }) => hostname === each.hostname);
    if (!vm) throw new Error(`${each.hostname} is not in the plan`);
    return { vm, saved: each };
  });
  for (const each of saved) await assertFiles(each, { directory, layers });
  try {
    await makeNextDisks(saved, swap, signal);
    return await runPhase(emit, 'restore', async () => {
      await forAllVms(all, ({ vm }) => libvirt.destroyDomain(vm.uuid));
      signal.throwIfAborted();
      await dropDisks(saved, swap);
      return await thawVms(all, { libvirt, directory, ended: (each) => each.saved.power !== 'off' });
    });
  } finally {
    await removeNextDisks(saved, swap);
  }
}

/** @throws VirtbsError `file-unreadable` */
async function assertFiles(
  { hostname, power, disks }: SavedVm,
  { directory, layers }: Pick<StateRequest, 'directory' | 'layers'>,
): Promise<void> {
  const memory = power === 'off' ? [] : [memoryPath(directory, hostname)];
  for (const path of [...memory, ...disks.map(({ layer }) => join(layers, layer))]) {
    await access(path).catch((cause: unknown) => {
      throw new VirtbsError('file-unreadable', `${path}: ${cause instanceof Error ? cause.message : String(cause)}`, {
        hint: 'a file of what was kept is gone; virtbs cycle builds the slice anew',
        cause,
      });
    });
  }
}
