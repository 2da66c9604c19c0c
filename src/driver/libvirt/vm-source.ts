import { consolePath, memoryPath, seedPath, type SlicePaths } from '../../filenames.js';
import { writeNewFile } from '../../files/write-new-file.js';
import type { LibvirtPool } from '../../libvirt/libvirt-pool.js';
import type { VmPlan } from '../../plan/plan.js';
import { writeSeedImage } from '../../seed/write-seed-image.js';
import type { BuildRequest, KeptVms, SavedVm } from '../types.js';
import { createDiskMaker } from './make-disks.js';
import { dropDisks, makeNextDisks } from './swap-disks.js';

/** Where VMs come from. */
export interface VmSource {
  /** Makes the files of a VM. */
  readonly prepare: (vm: VmPlan) => Promise<void>;
  /** Starts a VM that is defined with that XML. */
  readonly start: (vm: VmPlan, xml: string) => Promise<void>;
  /** Lets a VM that was started run, once all were. */
  readonly release: (vm: VmPlan) => Promise<void>;
}

export interface VmSourceOptions {
  readonly libvirt: LibvirtPool;
  readonly paths: SlicePaths;
  readonly signal: AbortSignal;
}

/** New disks on images, a seed, and a boot. */
export function bootSource({ images, seeds }: BuildRequest, { libvirt, paths, signal }: VmSourceOptions): VmSource {
  const makeDisks = createDiskMaker({ paths, images, signal });
  return {
    async prepare(vm) {
      const seed = seeds.get(vm.hostname);
      if (!seed) throw new Error(`no seed was made for ${vm.hostname}`);
      // The log exists before the emulator's helper opens it, so that it stays readable for the one who asked for the VM.
      const made = await Promise.allSettled([
        makeDisks(vm),
        writeSeedImage(seedPath(paths, vm.hostname), seed, signal),
        writeNewFile(consolePath(paths, vm.hostname)),
      ]);
      for (const result of made) if (result.status === 'rejected') throw result.reason;
    },
    start: (vm) => libvirt.startDomain(vm.uuid, signal),
    release: async () => undefined,
  };
}

/** New disks on those that were kept, and the memory that belongs to them. */
export function keptSource(
  { directory, layers, saved }: KeptVms,
  { libvirt, paths, signal }: VmSourceOptions,
): VmSource {
  const keptOf = ({ hostname }: VmPlan): readonly SavedVm[] => saved.filter((each) => each.hostname === hostname);
  return {
    async prepare(vm) {
      await makeNextDisks(keptOf(vm), { paths, layers }, signal);
      await dropDisks(keptOf(vm), { paths, layers });
    },
    start: (vm, xml) => libvirt.restoreDomain(memoryPath(directory, vm.hostname), xml, signal),
    release: (vm) => libvirt.resumeDomain(vm.uuid, signal),
  };
}
