import { consolePath, memoryPath, seedPath, type SlicePaths } from '../../filenames.js';
import { writeNewFile } from '../../files/write-new-file.js';
import type { LibvirtPool } from '../../libvirt/libvirt-pool.js';
import type { VmPlan } from '../../plan/plan.js';
import { writeSeedImage } from '../../seed/write-seed-image.js';
import type { BuildRequest, KeptVms } from '../types.js';
import { createDiskMaker } from './make-disks.js';
import { dropDisks, makeNextDisks } from './swap-disks.js';
import { settleAll } from '../../settle-all.js';

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

/** New disks on images, and a boot. */
export function bootSource(request: BuildRequest, { libvirt, paths, signal }: VmSourceOptions): VmSource {
  const makeDisks = createDiskMaker({ paths, images: request.images, signal });
  return {
    async prepare(vm) {
      // The log exists before the emulator's helper opens it, so that it stays readable for the one who asked for the VM.
      await settleAll([
        makeDisks(vm),
        writeSeed(vm, request, { paths, signal }),
        writeNewFile(consolePath(paths, vm.hostname)),
      ]);
    },
    start: (vm) => libvirt.startDomain(vm.uuid, signal),
    release: async () => undefined,
  };
}

/** New disks on those that were kept, and the memory that belongs to them. */
export function keptSource(
  { directory, layers, saved }: KeptVms,
  request: BuildRequest,
  { libvirt, paths, signal }: VmSourceOptions,
): VmSource {
  return {
    async prepare(vm) {
      const kept = saved.filter(({ hostname }) => hostname === vm.hostname);
      await settleAll([makeNextDisks(kept, { paths, layers }, signal), writeSeed(vm, request, { paths, signal })]);
      await dropDisks(kept, { paths, layers });
    },
    start: (vm, xml) => libvirt.restoreDomain(memoryPath(directory, vm.hostname), xml, signal),
    release: (vm) => libvirt.resumeDomain(vm.uuid, signal),
  };
}

async function writeSeed(
  { hostname }: VmPlan,
  { seeds }: BuildRequest,
  { paths, signal }: Pick<VmSourceOptions, 'paths' | 'signal'>,
): Promise<void> {
  const seed = seeds.get(hostname);
  if (!seed) throw new Error(`no seed was made for ${hostname}`);
  await writeSeedImage(seedPath(paths, hostname), seed, signal);
}
