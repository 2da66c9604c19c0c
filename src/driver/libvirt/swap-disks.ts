import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { VirtbsError } from '../../errors.js';
import { diskPath, nextDiskPath, type SlicePaths } from '../../filenames.js';
import { runProgram } from '../../process/run-program.js';
import type { KeptVm } from '../types.js';
import { settleAll } from '../../settle-all.js';

export interface SwapOptions {
  readonly paths: SlicePaths;
  /** The folder of layers. */
  readonly layers: string;
}

/**
 * Makes, for each disk of the VMs, an empty one that will stand on its layer. The layer need not be there yet, and the disks
 * that VMs have are not touched: what can fail, and takes time, is done while VMs run.
 */
export async function makeNextDisks(
  vms: readonly KeptVm[],
  { paths, layers }: SwapOptions,
  signal: AbortSignal,
): Promise<void> {
  await settleAll(
    vms.flatMap(({ hostname, disks }) =>
      disks.map(async ({ name, layer, sizeBytes }) => {
        const path = nextDiskPath(paths, hostname, name);
        const backing = ['-u', '-F', 'qcow2', '-b', join(layers, layer)];
        await runProgram('qemu-img', ['create', '-q', '-f', 'qcow2', ...backing, path, String(sizeBytes)], { signal });
      }),
    ),
  );
}

/**
 * Makes the disks of VMs that are off layers, and puts the next ones in their place; all of them or none.
 *
 * @throws VirtbsError `file-unwritable`
 */
export async function keepDisks(vms: readonly KeptVm[], { paths, layers }: SwapOptions): Promise<void> {
  const kept: { readonly disk: string; readonly layer: string }[] = [];
  try {
    for (const { hostname, disks } of vms) {
      for (const { name, layer: file } of disks) {
        const [disk, layer] = [diskPath(paths, hostname, name), join(layers, file)];
        await rename(disk, layer);
        kept.push({ disk, layer });
        await rename(nextDiskPath(paths, hostname, name), disk);
      }
    }
  } catch (error) {
    for (const { disk, layer } of kept) await rename(layer, disk);
    const reason = error instanceof Error ? error.message : String(error);
    throw new VirtbsError('file-unwritable', `the disks cannot be kept: ${reason}`, {
      hint: `they are renamed: ${paths.disks} and ${layers} must be on one file system`,
      cause: error,
    });
  }
}

/** Puts the next disks of VMs that are off in the place of their disks. */
export async function dropDisks(vms: readonly KeptVm[], { paths }: SwapOptions): Promise<void> {
  for (const { hostname, disks } of vms) {
    for (const { name } of disks) await rename(nextDiskPath(paths, hostname, name), diskPath(paths, hostname, name));
  }
}

/** Removes the next disks that took nobody's place. */
export async function removeNextDisks(vms: readonly KeptVm[], { paths }: SwapOptions): Promise<void> {
  const next = vms.flatMap(({ hostname, disks }) => disks.map(({ name }) => nextDiskPath(paths, hostname, name)));
  for (const path of next) await rm(path, { force: true });
}
