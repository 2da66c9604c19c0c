import type { CheckpointRecord } from '../checkpoint/checkpoint-record.js';
import type { CheckpointSettings } from '../checkpoint/checkpoint-settings.js';
import type { BuildRequest, Driver, KeptVms, SliceState, VmOutcome } from '../driver/types.js';
import type { VerbContext } from '../events.js';
import { slicePaths, type SlicePaths } from '../filenames.js';
import { useImages } from '../image/lock-images.js';
import type { ImageSource } from '../image/ready-all-images.js';
import { readySliceKeys, type SliceKeys } from '../key/slice-keys.js';
import { prepareRoot } from '../files/prepare-root.js';
import { checkOutputFiles, prepareOutputDirectory, writeOutputFiles } from '../output/output-files.js';
import type { JumpHost } from '../output/jump-host.js';
import { hasLogin, sshAliases } from '../output/ssh-config.js';
import type { GuestFacts } from '../output/state.js';
import { buildSeed, type Seed } from '../seed/seed.js';
import { failVms } from './fail-vms.js';
import { findCheckpoint, usesCheckpoints, type CheckpointQuestion } from './find-checkpoint.js';
import { keepCheckpoint } from './keep-checkpoint.js';
import { lockSlice } from './lock-slice.js';
import type { SlicePlan } from '../plan/plan.js';
import { prepareSliceDirectories } from './prepare-slice-directories.js';
import { readyImages } from './ready-images.js';
import { recordTimings, runPhase, type Timings } from '../run-phase.js';
import { recordState } from './record-state.js';
import { refreshGuests } from './refresh-guests.js';
import { restoreCheckpoint } from './restore-checkpoint.js';
import { writeSliceRecord } from './slice-record.js';
import { reachedPlan } from './standing-slice.js';
import { failedOutcomes, type VmFailure } from './vm-failure.js';
import { waitForVms, type WaitOptions } from './wait-for-vms.js';
import { assertSameRoot, destroySlice, generatedFiles } from './wipe.js';

/** What every verb that builds VMs is given. */
export interface SliceBuildOptions {
  readonly driver: Driver;
  readonly images: ImageSource;
  readonly outputDirectory: string;
  /** How other machines reach the VMs. */
  readonly jump: JumpHost;
  /** Who asks, as `formatSession` writes it. */
  readonly session: string;
  /** Milliseconds after which `reap` may destroy what is built; without it, never, or with the rest of what stands. */
  readonly ttl?: number | undefined;
  /** Milliseconds without progress after which a VM is given up, and milliseconds to wait for the lock. */
  readonly timeout: number;
  readonly wait: boolean;
}

export interface CycleOptions extends SliceBuildOptions {
  readonly plan: SlicePlan;
  readonly dryRun: boolean;
  /** Milliseconds that were spent before the verb was called, on reading the configuration. */
  readonly configuration: number;
  /** Whether and how many checkpoints are kept; none is made or used where not given. */
  readonly checkpoint?: CheckpointSettings;
}

export interface CycleResult {
  readonly version: 1;
  readonly slice: number;
  readonly dryRun: boolean;
  readonly vms: readonly CycledVm[];
  /** Domains and networks of the old slice that were destroyed, or would be. */
  readonly destroyed: readonly string[];
  readonly files: readonly string[];
  /** Whether the VMs were brought back from a checkpoint instead of booted, or booted and one was kept. */
  readonly checkpoint: 'restored' | 'kept' | null;
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

/**
 * Destroys what the slice holds and builds it anew. Nothing of the old slice is touched before everything that can fail early
 * has passed.
 *
 * @throws VirtbsError `vm-failed` where a VM could not be made or does not answer, after all others were tried; what the
 *   driver, the image library and the lock throw
 */
export async function cycle(options: CycleOptions, { emit: tell, signal }: VerbContext): Promise<CycleResult> {
  const { plan, driver, dryRun, timeout } = options;
  const { slice } = plan;
  const { root } = options.images;
  const paths = slicePaths(root, slice);
  const { emit, timings } = recordTimings(tell);
  const context = { emit, signal };
  emit({ type: 'phase-end', phase: 'configuration', milliseconds: options.configuration });

  await checkOutputFiles(slice, options.outputDirectory);
  if (!dryRun) {
    await prepareOutputDirectory(options.outputDirectory);
    await prepareRoot(root);
  }
  await using _lock = dryRun
    ? undefined
    : await runPhase(emit, 'lock', () => lockSlice({ root, slice, verb: 'cycle', timeout }, context));

  const old = await runPhase(emit, 'inspect', () => inspectSlice(options, context));
  const result = describeResult(options, old, timings);
  if (dryRun) return result;

  await using library = await useImages(root, { ...context, holder: `cycle of slice ${slice}`, timeout });
  await using ready = readyImages(plan, { source: options.images, driver, all: old !== undefined }, context);
  const [, { keys, seeds }] = await allOrNothing(
    runPhase(emit, 'images', () => ready.known),
    runPhase(emit, 'seeds', () => prepareSeeds(plan, paths, context)),
  );
  const asked: CheckpointQuestion | null = describeQuestion(options, { images: ready.images, seeds });
  const checkpoint = asked && (await findCheckpoint(asked, context));
  const empty = async (): Promise<void> => {
    const files = await generatedFiles(paths, slice, options.outputDirectory);
    await destroySlice({ slice, driver, root, next: plan }, files, context);
    await prepareSliceDirectories(paths);
  };
  await runPhase(emit, 'wipe', empty);
  const { created, expires } = lifeTime(options.ttl);
  const request = { plan, images: ready.images, seeds, created, session: options.session, expires };
  const build = { request, options, keys, paths };
  const restored = checkpoint && (await restoreSlice(checkpoint, build, context));
  if (checkpoint && !restored) await empty();
  const made = restored ?? (await bootSlice(build, context));
  await library[Symbol.asyncDispose]();
  const { built, facts, failures } = made;
  const state = await runPhase(emit, 'facts', () =>
    recordState(built, { ...options, images: ready.images, source: options.images, created, facts }, context),
  );
  if (failures.length > 0) await failVms(driver, { plan, failures, logs: paths.logs }, context);
  const boot = { ...options, paths, facts, boot: timings.wait ?? 0 };
  const kept = asked && !restored && (await keepCheckpoint({ ...boot, ...asked }, context));
  const vms = built.vms.map((vm) => cycledVm(built, vm));
  const outcome = restored ? 'restored' : kept ? 'kept' : null;
  return { ...result, vms, files: [...made.files, ...state], checkpoint: outcome };
}

/** Nothing where checkpoints are not wanted, or cannot be. */
function describeQuestion(
  { plan, driver, images: { root }, checkpoint: settings, wait }: CycleOptions,
  given: Pick<CheckpointQuestion, 'images' | 'seeds'>,
): CheckpointQuestion | null {
  const question = settings && { root, plan, driver, settings, ...given };
  return question && usesCheckpoints(question, wait) ? question : null;
}

interface SliceBuild {
  readonly request: BuildRequest;
  readonly options: CycleOptions;
  readonly keys: SliceKeys;
  readonly paths: SlicePaths;
}

interface MadeSlice {
  /** The plan with the VMs that exist. */
  readonly built: SlicePlan;
  readonly files: readonly string[];
  readonly facts: ReadonlyMap<string, GuestFacts | null>;
  readonly failures: readonly VmFailure[];
}

async function bootSlice({ request, ...build }: SliceBuild, context: VerbContext): Promise<MadeSlice> {
  const { plan, images } = request;
  const { driver } = build.options;
  const outcomes = await driver.build(request, context);
  await undoNothing(outcomes, { driver, slice: plan.slice, images }, context);
  const vms = outcomes.filter(({ error }) => error === null).map(({ vm }) => vm);
  const built = await reachedPlan(driver, { ...plan, vms }, context);
  const files = await runPhase(context.emit, 'files', () => writeFiles(built, build.keys, build));
  const facts = new Map<string, GuestFacts | null>();
  const onFacts: WaitOptions['onFacts'] = (vm, said) => facts.set(vm.hostname, said);
  const late = await waitForBuilt(built, { ...build.options, onFacts }, context);
  return { built, files, facts, failures: [...failedOutcomes(outcomes), ...late] };
}

/** The slice as it was kept; null where it could not be brought back, and has to be emptied again. */
async function restoreSlice(
  checkpoint: CheckpointRecord,
  { request, options, keys, paths }: SliceBuild,
  context: VerbContext,
): Promise<MadeSlice | null> {
  const { plan } = request;
  let files: readonly string[] = [];
  const work = async (kept: KeptVms): Promise<readonly VmFailure[]> => {
    const [outcomes, written] = await allOrNothing(
      options.driver.build({ ...request, kept }, context),
      runPhase(context.emit, 'files', () => writeFiles(plan, keys, { options, paths })),
    );
    files = written;
    const failures = failedOutcomes(outcomes);
    if (failures.length > 0) return failures;
    return await runPhase(context.emit, 'wait', () =>
      refreshGuests(plan.vms, { slice: plan.slice, ...options }, context),
    );
  };
  const isWell = await restoreCheckpoint(checkpoint, { root: options.images.root, paths, build: work }, context);
  const facts = new Map(Object.entries(checkpoint.facts));
  return isWell ? { built: plan, files, facts, failures: [] } : null;
}

function describeResult({ plan, dryRun }: CycleOptions, old: SliceState | undefined, timings: Timings): CycleResult {
  const destroyed = [...(old?.vms ?? []).map(({ domain }) => domain), ...(old?.networks ?? []).map(({ name }) => name)];
  const vms = plan.vms.map((vm) => cycledVm(plan, vm));
  return { version: 1, slice: plan.slice, dryRun, vms, destroyed, files: [], checkpoint: null, timings };
}

async function inspectSlice(options: CycleOptions, context: VerbContext): Promise<SliceState | undefined> {
  const { plan, driver, images } = options;
  const [old] = await driver.inspect({ slice: plan.slice }, context);
  assertSameRoot(old, images.root);
  await driver.check(plan, old, context);
  return old;
}

/** Makes the keys that are missing, and what each guest is told at its first boot. */
export async function prepareSeeds(
  plan: SlicePlan,
  paths: SlicePaths,
  { signal }: VerbContext,
): Promise<{ keys: SliceKeys; seeds: ReadonlyMap<string, Seed> }> {
  const keys = await readySliceKeys(paths, plan.slice, { hostnames: plan.vms.map(({ hostname }) => hostname), signal });
  const seeds = plan.vms.map((vm) => {
    const host = keys.hosts.get(vm.hostname);
    if (!host) throw new Error(`no host key was made for ${vm.hostname}`);
    const seedKeys = {
      authorizedKey: keys.login.publicKey,
      hostPrivateKey: host.privateKey,
      hostPublicKey: host.publicKey,
    };
    return [vm.hostname, buildSeed(plan, vm, seedKeys)] as const;
  });
  return { keys, seeds: new Map(seeds) };
}

/**
 * When what is built now begins and ends; ISO 8601, UTC.
 *
 * @param otherwise when it ends without a limit of its own
 */
export function lifeTime(
  ttl: number | undefined,
  otherwise: string | null = null,
): { readonly created: string; readonly expires: string | null } {
  const now = Date.now();
  const expires = ttl === undefined ? otherwise : new Date(now + ttl).toISOString();
  return { created: new Date(now).toISOString(), expires };
}

/** The record comes first: a file that is written is known to the next `wipe`, wherever that is called from. */
export async function writeFiles(
  plan: SlicePlan,
  keys: SliceKeys,
  { options, paths }: { readonly options: SliceBuildOptions; readonly paths: SlicePaths },
): Promise<readonly string[]> {
  if (plan.vms.length === 0) return [];
  const { outputDirectory, jump } = options;
  await writeSliceRecord(paths, { version: 1, files: await generatedFiles(paths, plan.slice, outputDirectory) });
  return await writeOutputFiles(plan, { paths, outputDirectory, hostKeys: keys.hosts, jump });
}

/** Leaves nothing of a slice of which no VM could be made, and fails where an image is the reason. */
export async function undoNothing(
  outcomes: readonly VmOutcome[],
  {
    driver,
    slice,
    images,
  }: { readonly driver: Driver; readonly slice: number; readonly images: BuildRequest['images'] },
  context: VerbContext,
): Promise<void> {
  if (outcomes.length === 0 || outcomes.some(({ error }) => error === null)) return;
  await driver.destroy(slice, context);
  const reason = await findImageFailure(images, outcomes);
  if (reason === null) return;
  await driver.notify?.(`slice ${slice}: ${reason.message}`, context);
  throw reason;
}

/** Where an image is the only reason that no VM exists at all, its own words are clearer than the same about each VM. */
async function findImageFailure(images: BuildRequest['images'], outcomes: readonly VmOutcome[]): Promise<Error | null> {
  const [reason = null] = outcomes.map(({ error }) => error);
  if (outcomes.some(({ error }) => error !== reason)) return null;
  const results = await Promise.allSettled(images.values());
  return results.some((result) => result.status === 'rejected' && result.reason === reason) ? reason : null;
}

/** Waits until VMs that were started answer, where that was asked for; those that do not. */
export async function waitForBuilt(
  built: SlicePlan,
  { driver, outputDirectory, timeout, wait, onFacts }: SliceBuildOptions & Required<Pick<WaitOptions, 'onFacts'>>,
  context: VerbContext,
): Promise<readonly VmFailure[]> {
  if (!wait || !driver.features.guests) return [];
  return await runPhase(context.emit, 'wait', () =>
    waitForVms(built, { driver, outputDirectory, timeout, onFacts }, context),
  );
}

export function cycledVm(plan: SlicePlan, vm: SlicePlan['vms'][number]): CycledVm {
  const { hostname, domain, role, accessAddress } = vm;
  return { hostname, domain, role, accessAddress, aliases: hasLogin(vm) ? sshAliases(plan, vm) : [] };
}

/** Like Promise.all, but nothing is left running when one fails. */
async function allOrNothing<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  const results = await Promise.allSettled([first, second]);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  return [await first, await second];
}
