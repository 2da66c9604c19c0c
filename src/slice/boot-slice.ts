import type { CreateRequest } from '../driver/types.js';
import type { VerbContext } from '../events.js';
import type { SlicePaths } from '../filenames.js';
import type { SliceKeys } from '../key/slice-keys.js';
import type { GuestFacts } from '../output/state.js';
import type { SlicePlan } from '../plan/plan.js';
import { runPhase } from '../run-phase.js';
import { undoNothing, waitForCreated, writeFiles, type CreationOptions } from './slice-creation.js';
import { reachedPlan } from './standing-slice.js';
import type { VmFailure } from '../guest/vm-failure.js';
import { failedOutcomes } from './describe-failures.js';
import type { WaitOptions } from '../guest/wait-for-vms.js';

/** The parts that VMs are made of, once all that can fail early has passed. */
export interface SliceCreation {
  readonly request: CreateRequest;
  readonly options: CreationOptions;
  readonly keys: SliceKeys;
  readonly paths: SlicePaths;
  /** Called when no image is read any more. */
  readonly onImagesRead: () => PromiseLike<void>;
}

/** The slice that was made. */
export interface MadeSlice {
  /** The plan with the VMs that exist. */
  readonly standing: SlicePlan;
  readonly files: readonly string[];
  readonly facts: ReadonlyMap<string, GuestFacts | null>;
  readonly failures: readonly VmFailure[];
}

/** Makes all VMs and waits for them; one that fails does not stop the others. */
export async function bootSlice({ request, ...creation }: SliceCreation, context: VerbContext): Promise<MadeSlice> {
  const { plan, images } = request;
  const { driver, notify } = creation.options;
  const outcomes = await driver.create(request, context);
  await undoNothing(outcomes, { driver, notify, slice: plan.slice, images }, context);
  await creation.onImagesRead();
  const vms = outcomes.filter(({ error }) => error === null).map(({ vm }) => vm);
  const standing = await reachedPlan(driver, { ...plan, vms }, context);
  const files = await runPhase(context.emit, 'files', () => writeFiles(standing, creation.keys, creation));
  const facts = new Map<string, GuestFacts | null>();
  const onFacts: WaitOptions['onFacts'] = (vm, said) => facts.set(vm.hostname, said);
  const late = await waitForCreated(
    standing,
    { ...creation.options, onFacts, made: vms.map(({ hostname }) => hostname) },
    context,
  );
  return { standing, files, facts, failures: [...failedOutcomes(outcomes), ...late] };
}
