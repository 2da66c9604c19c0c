import { constants } from 'node:fs';
import { copyFile, rm } from 'node:fs/promises';
import { diskPath, pristineDiskPath, type SlicePaths } from '../../filenames.js';
import type { ImageBuild } from '../../image/types.js';
import { runProgram } from '../../process/run-program.js';
import { imageName } from '../../image/image-name.js';
import type { DiskPlan, VmPlan } from '../../plan/plan.js';

export interface DiskOptions {
  readonly paths: SlicePaths;
  readonly images: ReadonlyMap<string, Promise<ImageBuild>>;
  readonly signal: AbortSignal;
}

/** The disks of a VM, made when asked for. */
export type MakeDisks = (vm: VmPlan) => Promise<void>;

/**
 * Makes disks: an overlay on its image, or an empty one. Disks of the same image and size are the same file as long as nothing
 * was written to them, so that qemu-img makes one, and each VM is given a copy. That one is no VM's: a VM may be running, or
 * undone, while others are still being made.
 */
export function createDiskMaker({ paths, images, signal }: DiskOptions): MakeDisks {
  const pristine = new Map<string, Promise<string>>();
  const makeDisk = async (vm: VmPlan, disk: DiskPlan): Promise<void> => {
    const kind = `${disk.slot}:${disk.tag}:${disk.sizeBytes}`;
    const source = pristine.get(kind) ?? createImage(pristineDiskPath(paths, pristine.size), disk, { images, signal });
    pristine.set(kind, source);
    const path = diskPath(paths, vm.hostname, disk.name);
    await rm(path, { force: true });
    await copyFile(await source, path, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
  };
  return async (vm) => {
    await Promise.all(vm.disks.map((disk) => makeDisk(vm, disk)));
  };
}

async function createImage(
  path: string,
  disk: DiskPlan,
  { images, signal }: Pick<DiskOptions, 'images' | 'signal'>,
): Promise<string> {
  const image = disk.slot === null ? undefined : await images.get(imageName(disk.slot, disk.tag));
  if (disk.slot !== null && !image) throw new Error(`image ${disk.slot}:${disk.tag} was not made ready`);
  const backing = image ? ['-F', image.format, '-b', image.path] : [];
  await rm(path, { force: true });
  await runProgram('qemu-img', ['create', '-q', '-f', 'qcow2', ...backing, path, String(disk.sizeBytes)], { signal });
  return path;
}
