import type { Driver, SliceState } from '../driver/types.js';
import { VirtbsError } from '../errors.js';
import type { VerbContext } from '../events.js';
import type { Notify } from '../notify/notify.js';
import type { NetworkPlan, SlicePlan, VmPlan } from '../plan/plan.js';
import { findOutputDirectory } from './find-output-directory.js';
import { readyMachineFiles } from './ready-machine-files.js';
import { assertSameRoot } from './wipe.js';

export interface StandingOptions {
  readonly slice: number;
  readonly driver: Driver;
  readonly root: string;
  /** The folder of the slice's files, unless its record names another. */
  readonly outputDirectory: string;
  /** Reports VMs that do not answer; nobody is told where it is not given. */
  readonly notify?: Notify | undefined;
}

/** A slice as it stands. */
export interface StandingSlice {
  readonly state: SliceState;
  /** The plan with how its VMs are reached now. */
  readonly plan: SlicePlan;
  /** The plan that it was made from. */
  readonly origin: SlicePlan;
  /** The folder of its ssh configuration. */
  readonly outputDirectory: string;
}

/**
 * Looks at a slice; undefined where nothing of it exists. One that stands without being made gets its files.
 *
 * @throws VirtbsError `foreign-slice` for another root's
 */
export async function findSlice(options: StandingOptions, context: VerbContext): Promise<StandingSlice | undefined> {
  const { slice, driver, root } = options;
  const [state] = await driver.inspect({ slice }, context);
  if (!state) return undefined;
  assertSameRoot(state, root);
  const origin = standingPlan(state);
  const plan = await reachedPlan(driver, origin, context);
  const outputDirectory = await findOutputDirectory(options);
  if (driver.features.standing && plan.vms.length > 0) await readyMachineFiles(plan, { state, outputDirectory });
  return { state, plan, origin, outputDirectory };
}

/** The plan of VMs that exist, with how ssh reaches them. */
export async function reachedPlan(driver: Driver, plan: SlicePlan, context: VerbContext): Promise<SlicePlan> {
  return driver.reach && plan.vms.length > 0 ? await driver.reach(plan, context) : plan;
}

/** The same for a slice that must have VMs. @throws VirtbsError `slice-empty` */
export async function readSlice(options: StandingOptions, context: VerbContext): Promise<StandingSlice> {
  const found = await findSlice(options, context);
  if (found && found.plan.vms.length > 0) return found;
  throw new VirtbsError('slice-empty', `slice ${options.slice} has no VMs`, {
    hint: options.driver.features.standing?.hint ?? `virtbs -s ${options.slice} cycle LAYERS TOPOLOGY… builds some`,
  });
}

/** Returns the plan that a slice was made from, as its VMs and networks tell it. */
function standingPlan(state: SliceState): SlicePlan {
  const { slice } = state;
  const vms = state.vms.map(({ domain, plan }): VmPlan => {
    if (plan) return plan;
    throw new VirtbsError('foreign-slice', `${domain} does not say what it was built from: it is of another virtbs`, {
      hint: `build the slice anew: virtbs -s ${slice} cycle LAYERS TOPOLOGY…`,
    });
  });
  const known = [
    ...state.networks.flatMap(({ plans }) => plans),
    ...state.vms.flatMap(({ networks = [] }) => networks),
  ];
  const networks = new Map(known.map((network): readonly [string, NetworkPlan] => [network.name, network]));
  return { version: 1, slice, networks: [...networks.values()].toSorted((one, other) => one.id - other.id), vms };
}
