import type { NetworkState, SliceState, VmState } from '../driver/types.js';
import type { VerbContext } from '../events.js';
import { prepareRoot } from '../files/prepare-root.js';
import { checkOutputFiles, prepareOutputDirectory } from '../output/output-files.js';
import type { SlicePlan, VmPlan } from '../plan/plan.js';
import { recordTimings, runPhase, type Timings } from '../run-phase.js';
import { buildBeside, type BesideRequest } from './build-beside.js';
import { cycledVm, type CycledVm } from './cycle.js';
import type { SliceBuildOptions } from './slice-build.js';
import { growPlan, type Difference, type Growth } from './grow-plan.js';
import { lockSlice } from './lock-slice.js';
import { findSlice } from './standing-slice.js';

export interface UpOptions extends SliceBuildOptions {
  readonly plan: SlicePlan;
  /** Remove VMs and networks that are not asked for. */
  readonly prune: boolean;
  /** Build anew VMs that are not as they are asked for; without it they are left as they are. */
  readonly rebuild: boolean;
  readonly dryRun: boolean;
  /** Milliseconds that were spent before the verb was called, on reading the configuration. */
  readonly configuration: number;
}

export interface UpResult {
  readonly version: 1;
  readonly slice: number;
  readonly dryRun: boolean;
  /** All VMs of the slice. */
  readonly vms: readonly UpVm[];
  /** Domains and networks that were removed, or would be. */
  readonly removed: readonly string[];
  /** What is not as it is asked for, and was left so. */
  readonly differences: readonly Difference[];
  readonly files: readonly string[];
  readonly timings: Timings;
}

export interface UpVm extends CycledVm {
  /** What `up` did with it, or would do. */
  readonly change: 'built' | 'rebuilt' | 'started' | 'kept';
}

/**
 * Makes the slice match what is asked for by adding what is missing; VMs that stand keep name, addresses, disks and uptime. VMs
 * that are asked for and off are started. Done at once where nothing is missing.
 *
 * @throws VirtbsError `plan-invalid` where what is added would be in the way of what stands; `vm-failed`
 */
export async function up(options: UpOptions, { emit: tell, signal }: VerbContext): Promise<UpResult> {
  const { plan, driver, dryRun, timeout, outputDirectory } = options;
  const { slice } = plan;
  const { root } = options.images;
  const { emit, timings } = recordTimings(tell);
  const context = { emit, signal };
  emit({ type: 'phase-end', phase: 'configuration', milliseconds: options.configuration });
  await checkOutputFiles(slice, outputDirectory);
  if (!dryRun) {
    await prepareOutputDirectory(outputDirectory);
    await prepareRoot(root);
  }
  await using _lock = dryRun
    ? undefined
    : await runPhase(emit, 'lock', () => lockSlice({ root, slice, verb: 'up', timeout }, context));
  const standing = await runPhase(emit, 'inspect', () => findSlice({ slice, driver, root, outputDirectory }, context));
  const growth = growPlan(standing?.origin ?? { ...plan, networks: [], vms: [] }, plan, options);
  const request = besideRequest(growth, standing?.state, options);
  const result = describeResult(growth, request, { options, timings });
  warnOfDifferences(result.differences, slice, emit);
  if (dryRun) return result;
  const { built, files } = await buildBeside(options, request, context);
  const addresses = new Map(built.vms.map(({ hostname, accessAddress }) => [hostname, accessAddress]));
  const vms = result.vms.map((vm) => ({ ...vm, accessAddress: addresses.get(vm.hostname) ?? null }));
  return { ...result, vms, files };
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
