import { memoryPath, type SlicePaths } from '../../filenames.js';
import type { LibvirtPool } from '../../libvirt/libvirt-pool.js';
import type { VmPlan } from '../../plan/plan.js';
import type { DriverContext, KeptVm, VmOutcome } from '../types.js';
import { explainLibvirt } from './libvirt-failure.js';
import { startMapped, type FindMappedHost } from './mapped-vms.js';

/** A VM of the plan, and how it is kept. */
export interface VmKept {
  readonly vm: VmPlan;
  readonly kept: KeptVm;
}

export interface ThawOptions {
  readonly libvirt: LibvirtPool;
  readonly paths: SlicePaths;
  readonly findMappedHost: FindMappedHost;
  readonly context: DriverContext;
  /** The folder of the memory. */
  readonly directory: string;
  /** True if the VMs go on only to be kept once more. */
  readonly again?: boolean | undefined;
  /** Whether a VM is off and has to be started from its memory; the others are there, paused. */
  readonly ended: (vm: VmKept) => boolean;
}

/**
 * Lets VMs go on as they were: starts from their memory those that were ended, and when all are there lets run those that ran.
 * Says which VMs failed.
 */
export async function thawVms(vms: readonly VmKept[], options: ThawOptions): Promise<readonly VmOutcome[]> {
  const restored = await Promise.all(
    vms.map(async (each) => {
      const restore = options.ended(each);
      const work = (): Promise<void> => startKept(each, options);
      return { each, error: restore ? await failureOf(each.vm, work) : null };
    }),
  );
  const outcomes = await Promise.all(
    restored.map(async ({ each: { vm, kept }, error }): Promise<VmOutcome> => {
      if (error !== null || kept.power !== 'running') return { vm, error };
      return { vm, error: await failureOf(vm, () => options.libvirt.resumeDomain(vm.uuid)) };
    }),
  );
  return outcomes.filter(({ error }) => error !== null);
}

/** Starts a VM that is defined and off from what was kept of it, paused. */
async function startKept({ vm, kept: { mapped } }: VmKept, options: ThawOptions): Promise<void> {
  const { libvirt, paths, directory, again, findMappedHost, context } = options;
  if (!mapped) return await libvirt.restoreDomain(memoryPath(directory, vm.hostname));
  const host = await findMappedHost(paths, context);
  await startMapped(vm, { directory, files: mapped }, { libvirt, paths, host, again });
}

async function failureOf({ domain }: VmPlan, work: () => Promise<void>): Promise<Error | null> {
  try {
    await explainLibvirt(domain, work);
    return null;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
