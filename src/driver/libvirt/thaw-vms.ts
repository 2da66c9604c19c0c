import { memoryPath } from '../../filenames.js';
import type { LibvirtPool } from '../../libvirt/libvirt-pool.js';
import type { VmPlan } from '../../plan/plan.js';
import type { SavedVm, VmOutcome } from '../types.js';
import { explainLibvirt } from './libvirt-failure.js';

/** A VM of the plan, and how it is kept. */
export interface StateVm {
  readonly vm: VmPlan;
  readonly saved: SavedVm;
}

export interface ThawOptions {
  readonly libvirt: LibvirtPool;
  /** The folder of the memory. */
  readonly directory: string;
  /** Whether a VM is off and has to be started from its memory; the others are there, paused. */
  readonly ended: (vm: StateVm) => boolean;
}

/**
 * Lets VMs go on as they were: starts from their memory those that were ended, and when all are there lets run those that ran.
 * Says which VMs failed.
 */
export async function thawVms(
  vms: readonly StateVm[],
  { libvirt, directory, ended }: ThawOptions,
): Promise<readonly VmOutcome[]> {
  const restored = await Promise.all(
    vms.map(async (each) => {
      const restore = ended(each);
      const work = (): Promise<void> => libvirt.restoreDomain(memoryPath(directory, each.vm.hostname));
      return { each, error: restore ? await failureOf(each.vm, work) : null };
    }),
  );
  const outcomes = await Promise.all(
    restored.map(async ({ each: { vm, saved }, error }): Promise<VmOutcome> => {
      if (error !== null || saved.power !== 'running') return { vm, error };
      return { vm, error: await failureOf(vm, () => libvirt.resumeDomain(vm.uuid)) };
    }),
  );
  return outcomes.filter(({ error }) => error !== null);
}

async function failureOf({ domain }: VmPlan, work: () => Promise<void>): Promise<Error | null> {
  try {
    await explainLibvirt(domain, work);
    return null;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
