import type { BuildRequest } from '../driver/types.js';
import type { VerbContext } from '../events.js';
import type { SlicePaths } from '../filenames.js';
import type { SliceKeys } from '../key/slice-keys.js';
import type { GuestFacts } from '../output/state.js';
import type { SlicePlan } from '../plan/plan.js';
import { runPhase } from '../run-phase.js';
import { undoNothing, waitForBuilt, writeFiles, type SliceBuildOptions } from './slice-build.js';
import { reachedPlan } from './standing-slice.js';
import { failedOutcomes, type VmFailure } from './vm-failure.js';
import type { WaitOptions } from './wait-for-vms.js';

/** What VMs are made of, once all that can fail early has passed. */
export interface SliceBuild {
  readonly request: BuildRequest;
  readonly options: SliceBuildOptions;
  readonly keys: SliceKeys;
  readonly paths: SlicePaths;
  /** Called when no image is read any more. */
  readonly onImagesRead: () => PromiseLike<void>;
}

/** What came of it. */
export interface MadeSlice {
  /** The plan with the VMs that exist. */
  readonly built: SlicePlan;
  readonly files: readonly string[];
  readonly facts: ReadonlyMap<string, GuestFacts | null>;
  readonly failures: readonly VmFailure[];
}

/** Makes all VMs and waits for them; one that fails does not stop the others. */
export async function bootSlice({ request, ...build }: SliceBuild, context: VerbContext): Promise<MadeSlice> {
  const { plan, images } = request;
  const { driver } = build.options;
  const outcomes = await driver.build(request, context);
  await undoNothing(outcomes, { driver, slice: plan.slice, images }, context);
  await build.onImagesRead();
  const vms = outcomes.filter(({ error }) => error === null).map(({ vm }) => vm);
  const built = await reachedPlan(driver, { ...plan, vms }, context);
  const files = await runPhase(context.emit, 'files', () => writeFiles(built, build.keys, build));
  const facts = new Map<string, GuestFacts | null>();
  const onFacts: WaitOptions['onFacts'] = (vm, said) => facts.set(vm.hostname, said);
  const late = await waitForBuilt(built, { ...build.options, onFacts }, context);
  return { built, files, facts, failures: [...failedOutcomes(outcomes), ...late] };
}
