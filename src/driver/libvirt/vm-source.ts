import { consolePath, memoryPath, seedPath, type SlicePaths } from '../../filenames.js';
import { writeNewFile } from '../../files/write-new-file.js';
import type { LibvirtPool } from '../../libvirt/libvirt-pool.js';
import type { VmPlan } from '../../plan/plan.js';
import { writeSeedImage } from '../../seed/write-seed-image.js';
import type { CreateRequest, KeptVms } from '../types.js';
import type { VirtbsEvent } from '../../events.js';
import { withGeneration } from './generation-id.js';
import { bootMapped, startMapped, type MappedHost } from './mapped-vms.js';
import { mappedXml } from './mapped-xml.js';
import { createDiskMaker } from './make-disks.js';
import { dropDisks, makeNextDisks } from './swap-disks.js';
import { settleAll } from '../../settle-all.js';

/** A source of VMs: a first boot, or what was kept. */
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
  readonly emit: (event: VirtbsEvent) => void;
  /** The way in which memory can be a file; null where it is not to be, or cannot. */
  readonly mappedHost: MappedHost | null;
}

/** New disks on images, and a boot. */
export function bootSource(request: CreateRequest, options: VmSourceOptions): VmSource {
  const { paths, signal } = options;
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
    start: (vm) => boot(vm, options),
    release: async () => undefined,
  };
}

/** New disks on those that were kept, and the memory that belongs to them. */
export function keptSource(
  { directory, layers, kept: all, again }: KeptVms,
  request: CreateRequest,
  { libvirt, paths, signal, mappedHost }: VmSourceOptions,
): VmSource {
  return {
    async prepare(vm) {
      const kept = all.filter(({ hostname }) => hostname === vm.hostname);
      await settleAll([makeNextDisks(kept, { paths, layers }, signal), writeSeed(vm, request, { paths, signal })]);
      await dropDisks(kept, { paths, layers });
    },
    async start(vm, xml) {
      const kept = all.find(({ hostname }) => hostname === vm.hostname);
      const { mapped: files, generation, mappedMachine = false } = kept ?? {};
      if (!files) {
        const path = memoryPath(directory, vm.hostname);
        const machine = mappedMachine ? mappedXml(await libvirt.definition(vm.uuid), { memory: { path: null } }) : xml;
        return await libvirt.restoreDomain(path, withGeneration(machine, generation), signal);
      }
      return await startMapped(vm, { directory, files }, { libvirt, paths, host: mappedHost, again });
    },
    release: (vm) => libvirt.resumeDomain(vm.uuid, signal),
  };
}

/** A VM that does not start with a file as its memory is started without; it is then kept as a stream. */
async function boot(vm: VmPlan, { libvirt, paths, mappedHost, emit, signal }: VmSourceOptions): Promise<void> {
  if (mappedHost) {
    try {
      return await bootMapped(vm, { libvirt, paths, owner: mappedHost.owner });
    } catch (error) {
      signal.throwIfAborted();
      const reason = error instanceof Error ? error.message : String(error);
      emit({
        type: 'warning',
        message: `${vm.hostname}: its memory cannot be mapped, so it will be kept as a stream: ${reason}`,
      });
    }
  }
  await libvirt.startDomain(vm.uuid, signal);
}

async function writeSeed(
  { hostname }: VmPlan,
  { seeds }: CreateRequest,
  { paths, signal }: Pick<VmSourceOptions, 'paths' | 'signal'>,
): Promise<void> {
  const seed = seeds.get(hostname);
  if (!seed) throw new Error(`no seed was made for ${hostname}`);
  await writeSeedImage(seedPath(paths, hostname), seed, signal);
}
