import { assertAble } from '../driver/assert-able.js';
import type { OtherItem, SliceState } from '../driver/types.js';
import type { VerbContext } from '../events.js';
import { slicePaths } from '../filenames.js';
import { useImages } from '../image/lock-images.js';
import { hasLogin, sshAliases } from '../output/ssh-config.js';
import type { SlicePlan } from '../plan/plan.js';
import { runPhase, type Timings } from '../run-phase.js';
import { settleAll } from '../settle-all.js';
import type { DoneUnit } from '../task/do-options.js';
import { isKeptLater } from '../task/keep-policy.js';
import { bootSlice } from './boot-slice.js';
import { checkpointQuestion, type CheckpointWish } from './checkpoint-question.js';
import { deploySlice, prepareSliceTasks, type SliceTasks } from './deploy-slice.js';
import { failVms } from './fail-vms.js';
import { findCheckpoint } from './find-checkpoint.js';
import { NOTHING_FOUND } from './find-deployed.js';
import { describeSource, foreseeCycle, type CheckpointSource } from './foresee-cycle.js';
import { keepCheckpoint } from './keep-checkpoint.js';
import { memoryToKeep } from './memory-to-keep.js';
import { openVerb } from './open-verb.js';
import { prepareSliceDirectories } from './prepare-slice-directories.js';
import { readyImages } from './ready-images.js';
import { recordState } from './record-state.js';
import { restoreSlice } from './restore-slice.js';
import { checkFirstBoots, lifeTime, prepareSeeds, type CreationOptions } from './slice-creation.js';
import { readSliceRecord } from './slice-record.js';
import { assertSameRoot, destroySlice, generatedFiles } from './wipe.js';
import { vmStandsStill } from './vm-stands-still.js';

export interface CycleOptions extends CheckpointWish, CreationOptions {
  readonly dryRun: boolean;
  /** Milliseconds that were spent before the verb was called, on reading the configuration. */
  readonly loadMilliseconds: number;
  /** Called before anything of the old slice is touched; stops it by throwing. */
  readonly mayDestroy?: (old: OldSlice) => Promise<void>;
  /** Tasks to be done on the slice; none where not given. */
  readonly tasks?: SliceTasks | undefined;
}

/** The slice that is about to be destroyed. */
export interface OldSlice {
  readonly slice: number;
  /** The host names of its VMs. */
  readonly vms: readonly string[];
  /** The file of the project that built it; null for none, or where nobody knows. */
  readonly project: string | null;
}

export interface CycleResult {
  readonly version: 1;
  readonly slice: number;
  readonly dryRun: boolean;
  readonly vms: readonly CycledVm[];
  /** Domains and networks of the old slice that were destroyed, or would be. */
  readonly destroyed: readonly string[];
  /** What else the driver had of the old slice, and was destroyed, or would be. */
  readonly destroyedOthers: readonly OtherItem[];
  readonly files: readonly string[];
  /** Tells whether the VMs were brought back from a checkpoint instead of booted, or would be, or booted and one was kept. */
  readonly checkpoint: 'restored' | 'kept' | null;
  /** The checkpoint that the VMs were brought back from, or would be. */
  readonly from: CheckpointSource | null;
  /** The tasks that were done on the slice afterwards, where they were asked for. */
  readonly tasks?: readonly DoneUnit[];
  /** Milliseconds of each phase. */
  readonly timings: Timings;
}

export interface CycledVm {
  readonly hostname: string;
  readonly domain: string;
  readonly role: string;
  readonly accessAddress: string | null;
  /** Names that ssh knows the VM by; none where nobody can log in. */
  readonly aliases: readonly string[];
}

/** The state of the slice before the cycle. */
interface Found {
  readonly old: SliceState | undefined;
  readonly others: readonly OtherItem[];
}

/**
 * Destroys what the slice holds and builds it anew. Nothing of the old slice is touched before everything that can fail early
 * has passed.
 *
 * @throws VirtbsError `vm-failed` where a VM could not be made or does not answer, after all others were tried; what the
 *   driver, the image library and the lock throw
 */
export async function cycle(options: CycleOptions, verb: VerbContext): Promise<CycleResult> {
  const { plan, driver, dryRun, lockTimeout } = options;
  assertAble(driver, 'create', 'destroy');
  const { slice } = plan;
  const { root } = options.images;
  const paths = slicePaths(root, slice);
  const { outputDirectory, loadMilliseconds } = options;
  const inspect = async (context: VerbContext) => ({
    ...(await inspectSlice(options, context)),
    firstBoots: await checkFirstBoots(plan.vms, options),
  });
  await using opened = await openVerb(
    { verb: 'cycle', slice, root, lockTimeout, dryRun, outputDirectory, loadMilliseconds, inspect },
    verb,
  );
  const { context, timings } = opened;
  const { old, firstBoots } = opened.found;
  const { emit } = context;
  const result = describeResult(options, opened.found, timings);
  if (dryRun) return { ...result, ...(await foreseeCycle(options, { paths, firstBoots }, context)) };
  if (old && options.mayDestroy) {
    const { project = null } = await readSliceRecord(paths);
    await options.mayDestroy({ slice, vms: old.vms.map(({ hostname }) => hostname), project });
  }

  await using library = await useImages(root, { ...context, holder: `cycle of slice ${slice}`, lockTimeout });
  await using ready = readyImages(plan, { source: options.images, driver, all: old !== undefined }, context);
  const [, { keys, seeds }] = await settleAll([
    runPhase(emit, 'images', () => ready.known),
    runPhase(emit, 'seeds', () => prepareSeeds(plan, paths, { ...context, ...options, firstBoots })),
  ]);
  const asked = checkpointQuestion(options, { images: ready.images, seeds }, context);
  const prepared = options.tasks && (await prepareSliceTasks(plan, options.tasks, { paths, dryRun }));
  const tasks = prepared ? { prepared, outputDirectory } : null;
  const { found: checkpoint, judged } = asked ? await findCheckpoint(asked, tasks, context) : NOTHING_FOUND;
  const empty = async (): Promise<void> => {
    const files = await generatedFiles(paths, slice, options.outputDirectory);
    await destroySlice({ slice, driver, root, next: plan }, files, context);
    await prepareSliceDirectories(paths);
  };
  await runPhase(emit, 'wipe', empty);
  const { created, expires } = lifeTime(options.ttl);
  const memory = asked ? { memory: await memoryToKeep(asked) } : {};
  const request = { plan, images: ready.images, seeds, created, session: options.session, expires, ...memory };
  const creation = { request, options, keys, paths, onImagesRead: () => library[Symbol.asyncDispose]() };
  const isKeptAgain = (from: typeof checkpoint): boolean =>
    prepared !== undefined && memory.memory !== 'stream' && isKeptLater(prepared.graph, from?.done ?? new Map());
  const restored =
    checkpoint && (await restoreSlice(checkpoint.record, { ...creation, again: isKeptAgain(checkpoint) }, context));
  if (checkpoint && !restored) await empty();
  const made = restored ?? (await bootSlice(creation, context));
  const { standing, facts, failures } = made;
  const state = await runPhase(emit, 'facts', () =>
    recordState(standing, { ...options, images: ready.images, source: options.images, created, facts }, context),
  );
  if (failures.length > 0) await failVms({ ...options, failures, logs: paths.logs }, context);
  const boot = { ...options, paths, facts, boot: timings.wait ?? 0, units: [], again: isKeptAgain(null) };
  const kept = asked && !restored && (await keepCheckpoint({ ...boot, ...asked }, context));
  const vms = standing.vms.map((vm) => cycledVm(standing, vm));
  const outcome = restored ? 'restored' : kept ? 'kept' : null;
  const cycled = {
    ...result,
    vms,
    files: [...made.files, ...state],
    checkpoint: outcome,
    from: restored && checkpoint ? describeSource(checkpoint) : null,
  } as const;
  if (!options.tasks || !prepared) return cycled;
  const deployed = await deploySlice(
    {
      ...{ tasks: options.tasks, prepared, plan: standing, paths, outputDirectory, facts },
      images: await standingImages(options, context),
      standsStill: vmStandsStill(options.driver, options.plan.slice, context),
      from: restored ? checkpoint : null,
      judged,
      question: asked,
    },
    context,
  );
  return { ...cycled, checkpoint: outcome ?? (deployed.kept ? 'kept' : null), tasks: deployed.units };
}

/** Returns the image of each VM as its metadata has it: `do` makes tasks' keys of these. */
async function standingImages(
  { plan, driver }: CycleOptions,
  context: VerbContext,
): Promise<ReadonlyMap<string, string | null>> {
  const [state] = await driver.inspect({ slice: plan.slice }, context);
  return new Map(state?.vms.map(({ hostname, image }) => [hostname, image]));
}

function describeResult({ plan, dryRun }: CycleOptions, { old, others }: Found, timings: Timings): CycleResult {
  const destroyed = [...(old?.vms ?? []).map(({ domain }) => domain), ...(old?.networks ?? []).map(({ name }) => name)];
  const vms = plan.vms.map((vm) => cycledVm(plan, vm));
  const before = { destroyed, destroyedOthers: others };
  return { version: 1, slice: plan.slice, dryRun, vms, ...before, files: [], checkpoint: null, from: null, timings };
}

async function inspectSlice({ plan, driver, images }: CycleOptions, context: VerbContext): Promise<Found> {
  const [[old], others = []] = await settleAll([
    driver.inspect({ slice: plan.slice }, context),
    driver.listOthers?.(plan.slice, context),
  ]);
  assertSameRoot(old, images.root);
  await driver.check(plan, old, context);
  return { old, others };
}

export function cycledVm(plan: SlicePlan, vm: SlicePlan['vms'][number]): CycledVm {
  const { hostname, domain, role, accessAddress } = vm;
  return { hostname, domain, role, accessAddress, aliases: hasLogin(vm) ? sshAliases(plan, vm) : [] };
}
