import { assertAble } from '../driver/assert-able.js';
import type { VmState } from '../driver/types.js';
import { VirtbsError } from '../errors.js';
import type { VerbContext } from '../events.js';
import { outputPaths, slicePaths } from '../filenames.js';
import type { SlicePlan, VmPlan } from '../plan/plan.js';
import { openVerb } from './open-verb.js';
import { selectVms } from './select-vms.js';
import { readSlice, type StandingOptions, type StandingSlice } from './standing-slice.js';
import type { Guest } from '../guest/guest.js';
import type { VmFailure } from '../guest/vm-failure.js';
import { describeFailures, failureReason } from './describe-failures.js';

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
  readonly target: Guest;
}

/** The change of a VM, or its failure. */
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
  assertAble(options.driver, 'power');
  const { context, change } = work;
  const inspect = (opening: VerbContext): Promise<StandingSlice> => readSlice(options, opening);
  await using opened = await openVerb({ verb, slice, root, lockTimeout, dryRun: false, inspect }, context);
  const { found: standing } = opened;
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
    return { failure: { vm, phase: 'defined', ...failureReason(error), console: [] } };
  }
}
