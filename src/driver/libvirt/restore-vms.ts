import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { VirtbsError } from '../../errors.js';
import { keptMemoryPath, memoryPath, slicePaths } from '../../filenames.js';
import { runPhase } from '../../run-phase.js';
import type { DriverContext, KeptVm, KeepRequest, VmOutcome } from '../types.js';
import { endEmulator } from './end-emulator.js';
import { forAllVms } from './for-all-vms.js';
import type { KeepOptions } from './keep-vms.js';
import { dropDisks, makeNextDisks, removeNextDisks, type SwapOptions } from './swap-disks.js';
import { thawVms, type VmKept } from './thaw-vms.js';

/**
 * Turns all VMs off, gives them new disks on the layers that were kept, starts them from the memory that was kept, and lets
 * them run when all are there. Nothing is touched before every file is known to be there.
 */
export async function restoreVms(
  { slice, vms, directory, layers, kept }: KeepRequest & { readonly kept: readonly KeptVm[] },
  { libvirt, root, findMappedHost }: KeepOptions,
  context: DriverContext,
): Promise<readonly VmOutcome[]> {
  const { emit, signal } = context;
  const swap: SwapOptions = { paths: slicePaths(root, slice), layers };
  const all = kept.map((each): VmKept => {
    const vm = vms.find(({ hostname }) => hostname === each.hostname);
    if (!vm) throw new Error(`${each.hostname} is not in the plan`);
    return { vm, kept: each };
  });
  for (const each of kept) await assertFiles(each, { directory, layers });
  try {
    await makeNextDisks(kept, swap, signal);
    return await runPhase(emit, 'restore', async () => {
      await forAllVms(all, ({ vm }) => endEmulator(libvirt, vm.uuid));
      signal.throwIfAborted();
      await dropDisks(kept, swap);
      const ended = (each: VmKept): boolean => each.kept.power !== 'off';
      return await thawVms(all, { libvirt, paths: swap.paths, findMappedHost, context, directory, ended });
    });
  } finally {
    await removeNextDisks(kept, swap);
  }
}

/** @throws VirtbsError `file-unreadable` */
async function assertFiles(
  { hostname, power, disks, mapped }: KeptVm,
  { directory, layers }: Pick<KeepRequest, 'directory' | 'layers'>,
): Promise<void> {
  const files = [memoryPath(directory, hostname), ...(mapped ? [keptMemoryPath(directory, hostname)] : [])];
  const memory = power === 'off' ? [] : files;
  for (const path of [...memory, ...disks.map(({ layer }) => join(layers, layer))]) {
    await access(path).catch((cause: unknown) => {
      throw new VirtbsError('file-unreadable', `${path}: ${cause instanceof Error ? cause.message : String(cause)}`, {
        hint: 'a file of what was kept is gone; virtbs cycle builds the slice anew',
        cause,
      });
    });
  }
}
