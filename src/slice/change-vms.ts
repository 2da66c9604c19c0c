import type { VmState } from '../driver/types.js';
import { VirtbsError } from '../errors.js';
import type { VerbContext } from '../events.js';
import { prepareRoot } from '../files/prepare-root.js';
import { outputPaths, slicePaths } from '../filenames.js';
import type { SlicePlan, VmPlan } from '../plan/plan.js';
import { lockSlice } from './lock-slice.js';
import { selectVms } from './select-vms.js';
import { readSlice, type StandingOptions } from './standing-slice.js';
import type { LoginTarget } from './try-login.js';
import { describeFailures, type VmFailure } from './vm-failure.js';

export interface ChangeOptions extends StandingOptions {
  /** VMs and roles; none means all of the slice. */
  readonly words: readonly string[];
  /** Milliseconds to wait for another process that changes the slice. */
  readonly lockTimeout: number;
}

/** One of the VMs that are to be changed. */
export interface ChangedVm {
  readonly state: VmState;
  readonly vm: VmPlan;
  /** The plan of the whole slice. */
  readonly plan: SlicePlan;
  readonly outputDirectory: string;
  readonly target: LoginTarget;
}

/** What was done to a VM, or why it could not be. */
export type VmChange<C extends string> = { readonly change: C } | { readonly failure: VmFailure };

export interface ChangeResult<C extends string> {
  readonly version: 1;
  readonly slice: number;
  readonly vms: readonly {
    readonly hostname: string;
    readonly domain: string;
    readonly role: string;
    readonly change: C;
  }[];
}

/**
 * Changes VMs of a slice, all at once, while no other process can. One that fails does not stop the others.
 *
 * @throws VirtbsError `vm-failed` with all that failed; `usage` and `slice-empty` before anything is changed
 */
export async function changeVms<C extends string>(
  verb: string,
  options: ChangeOptions,
  work: { readonly context: VerbContext; readonly change: (vm: ChangedVm) => Promise<VmChange<C>> },
): Promise<ChangeResult<C>> {
  const { slice, root, lockTimeout } = options;
  const { context, change } = work;
  await prepareRoot(root);
  await using _lock = await lockSlice({ root, slice, verb, timeout: lockTimeout }, context);
  const standing = await readSlice(options, context);
  const { plan, outputDirectory } = standing;
  const { sshConfig } = outputPaths(outputDirectory, slice);
  const states = selectVms(standing.state.vms, options.words, slice);
  const tries = await Promise.allSettled(
    states.map(async (state) => {
      const vm = plan.vms.find(({ domain }) => domain === state.domain);
      if (!vm) throw new Error(`${state.domain} is not in its own plan`);
      const target = { sshConfig, hostname: vm.hostname };
      const result = await tryChange(vm, () => change({ state, vm, plan, outputDirectory, target }));
      return { vm, result };
    }),
  );
  context.signal.throwIfAborted();
  const results = tries.map((each) => {
    if (each.status === 'rejected') throw each.reason;
    return each.value;
  });
  const failures = results.flatMap(({ result }) => ('failure' in result ? [result.failure] : []));
  if (failures.length > 0) {
    const tried = { ...plan, vms: results.map(({ vm }) => vm) };
    throw describeFailures(tried, failures, slicePaths(root, slice).logs);
  }
  const vms = results.flatMap(({ vm: { hostname, domain, role }, result }) =>
    'change' in result ? [{ hostname, domain, role, change: result.change }] : [],
  );
  return { version: 1, slice, vms };
}

async function tryChange<C extends string>(vm: VmPlan, change: () => Promise<VmChange<C>>): Promise<VmChange<C>> {
  try {
    return await change();
  } catch (error) {
    if (!(error instanceof VirtbsError) || error.code === 'cancelled') throw error;
    return { failure: { vm, phase: 'defined', reason: error.message, console: [] } };
  }
}
