import type { DoneUnit } from '../task/do-options.js';
import { assertAble } from '../driver/assert-able.js';
import type { NetworkState, SliceState, VmState } from '../driver/types.js';
import type { VerbContext } from '../events.js';
import type { SlicePlan, VmPlan } from '../plan/plan.js';
import type { Timings } from '../run-phase.js';
import { createBeside, type BesideRequest } from './create-beside.js';
import { cycledVm, type CycledVm } from './cycle.js';
import type { CreationOptions } from './slice-creation.js';
import type { SliceTasks } from './deploy-slice.js';
import { foreseeTasks } from './foresee-tasks.js';
import { growPlan, type Difference, type Growth } from './grow-plan.js';
import { openVerb } from './open-verb.js';
import { findSlice, type StandingSlice } from './standing-slice.js';

export interface UpOptions extends CreationOptions {
  readonly plan: SlicePlan;
  /** Remove VMs and networks that are not asked for. */
  readonly prune: boolean;
  /** Build anew VMs that are not as they are asked for; without it they are left as they are. */
  readonly rebuild: boolean;
  readonly dryRun: boolean;
  /** Tasks that the caller does afterwards: a dry run says which of them would be run. */
  readonly tasks?: SliceTasks | undefined;
  /** Milliseconds that were spent before the verb was called, on reading the configuration. */
  readonly loadMilliseconds: number;
}

export interface UpResult {
  readonly version: 1;
  readonly slice: number;
  readonly dryRun: boolean;
  /** All VMs of the slice. */
  readonly vms: readonly UpVm[];
  /** Domains and networks that were removed, or would be. */
  readonly removed: readonly string[];
  /** Differences from what is asked for that were left as they are. */
  readonly differences: readonly Difference[];
  readonly files: readonly string[];
  readonly timings: Timings;
  /** The tasks that were done on the slice afterwards, or would be, where they were asked for. */
  readonly tasks?: readonly DoneUnit[];
}

export interface UpVm extends CycledVm {
  /** The change that `up` made, or would make. */
  readonly change: 'built' | 'rebuilt' | 'started' | 'kept';
}

/**
 * Makes the slice match what is asked for by adding what is missing; VMs that stand keep name, addresses, disks and uptime. VMs
 * that are asked for and off are started. Done at once where nothing is missing.
 *
 * @throws VirtbsError `plan-invalid` where what is added would be in the way of what stands; `vm-failed`
 */
export async function up(options: UpOptions, verb: VerbContext): Promise<UpResult> {
  const { plan, driver, dryRun, lockTimeout, outputDirectory } = options;
  assertAble(driver, 'create');
  if (options.prune || options.rebuild) assertAble(driver, 'destroy');
  const { slice } = plan;
  const { root } = options.images;
  const { loadMilliseconds } = options;
  const inspect = (context: VerbContext): Promise<StandingSlice | undefined> =>
    findSlice({ slice, driver, root, outputDirectory }, context);
  await using opened = await openVerb(
    { verb: 'up', slice, root, lockTimeout, dryRun, outputDirectory, loadMilliseconds, inspect },
    verb,
  );
  const { context, timings, found: standing } = opened;
  const growth = growPlan(standing?.origin ?? { ...plan, networks: [], vms: [] }, plan, options);
  const request = besideRequest(growth, standing?.state, options);
  const result = describeResult(growth, request, { options, timings });
  warnOfDifferences(result.differences, slice, context.emit);
  if (dryRun) {
    const { tasks } = options;
    if (!tasks) return result;
    const [made, started] = [namesOf(request.make), namesOf(request.start)];
    const foreseen = await foreseeTasks({ tasks, plan: request.plan, standing, made, started }, options, context);
    return { ...result, tasks: foreseen };
  }
  const { standing: grown, files } = await createBeside(options, request, context);
  const addresses = new Map(grown.vms.map(({ hostname, accessAddress }) => [hostname, accessAddress]));
  const vms = result.vms.map((vm) => ({ ...vm, accessAddress: addresses.get(vm.hostname) ?? null }));
  return { ...result, vms, files };
}

function namesOf(vms: readonly VmPlan[]): ReadonlySet<string> {
  return new Set(vms.map(({ hostname }) => hostname));
}

function besideRequest(
  growth: Growth,
  old: SliceState | undefined,
  { plan, prune, rebuild }: UpOptions,
): BesideRequest {
  const stateOf = ({ hostname }: VmPlan): readonly VmState[] => old?.vms.filter((vm) => vm.hostname === hostname) ?? [];
  const differing = rebuild ? growth.differences.filter(({ kind }) => kind === 'vm').map(({ name }) => name) : [];
  const rebuilt = plan.vms.filter(({ hostname }) => differing.includes(hostname));
  const others = growth.plan.vms.filter(({ hostname }) => !differing.includes(hostname));
  const gone = [...(prune ? growth.surplus : []), ...rebuilt];
  const bridges = new Set(growth.plan.networks.map(({ bridge }) => bridge));
  const asked = growth.kept.filter((vm) => others.includes(vm));
  return {
    plan: { ...growth.plan, vms: [...others, ...rebuilt].toSorted((one, other) => one.offset - other.offset) },
    make: [...growth.missing, ...rebuilt],
    start: asked.filter((vm) => stateOf(vm).some(({ power }) => power !== 'running')),
    remove: { vms: gone.flatMap(stateOf), networks: prune ? unusedNetworks(old, bridges) : [] },
    old,
  };
}

function unusedNetworks(old: SliceState | undefined, used: ReadonlySet<string>): readonly NetworkState[] {
  return old?.networks.filter(({ name }) => !used.has(name)) ?? [];
}

function describeResult(
  growth: Growth,
  { plan, make, start, remove }: BesideRequest,
  { options, timings }: { readonly options: UpOptions; readonly timings: Timings },
): UpResult {
  const changeOf = (vm: VmPlan): UpVm['change'] => {
    if (growth.missing.includes(vm)) return 'built';
    if (make.includes(vm)) return 'rebuilt';
    return start.includes(vm) ? 'started' : 'kept';
  };
  const names = new Set(plan.vms.map(({ domain }) => domain));
  return {
    version: 1,
    slice: plan.slice,
    dryRun: options.dryRun,
    vms: plan.vms.map((vm) => ({ ...cycledVm(plan, vm), change: changeOf(vm) })),
    removed: [
      ...remove.vms.map(({ domain }) => domain).filter((domain) => !names.has(domain)),
      ...remove.networks.map(({ name }) => name),
    ],
    differences: growth.differences.filter(
      ({ name, kind }) => kind === 'network' || !make.some((vm) => vm.hostname === name),
    ),
    files: [],
    timings,
  };
}

function warnOfDifferences(differences: readonly Difference[], slice: number, emit: VerbContext['emit']): void {
  for (const { name, kind, differences: words } of differences) {
    emit({
      type: 'warning',
      message: `${kind === 'vm' ? name : `network ${name}`} is left as it is: ${words.join(', ')}`,
      hint: kind === 'vm' ? '--rebuild builds it as asked' : `virtbs -s ${slice} cycle changes networks`,
    });
  }
}
