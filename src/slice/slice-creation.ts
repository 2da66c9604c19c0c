import type { CreateRequest, Driver, VmOutcome } from '../driver/types.js';
import { assertAble } from '../driver/assert-able.js';
import { VirtbsError } from '../errors.js';
import type { VerbContext } from '../events.js';
import { firstBootLogPath, slicePaths, type SlicePaths } from '../filenames.js';
import type { ImageSource } from '../image/ready-all-images.js';
import { findSliceKeys, readySliceKeys, type SliceKeys } from '../key/slice-keys.js';
import type { JumpHost } from '../config/jump-host.js';
import { checkShares } from './check-shares.js';
import { writeOutputFiles } from '../output/output-files.js';
import type { Notify } from '../notify/notify.js';
import { hasFirstBootSteps } from '../plan/first-boot-problems.js';
import type { SlicePlan, VmPlan } from '../plan/plan.js';
import { runPhase } from '../run-phase.js';
import { readFirstBoots, type FirstBootContent } from '../seed/read-first-boot.js';
import { buildSeed, type Seed, type SeedFile } from '../seed/seed.js';
import { readSliceRecord, writeSliceRecord } from './slice-record.js';
import type { VmFailure } from '../guest/vm-failure.js';
import { waitForVms, type WaitOptions } from '../guest/wait-for-vms.js';
import { generatedFiles } from './wipe.js';

/** The options of every verb that makes VMs. */
export interface CreationOptions {
  readonly driver: Driver;
  readonly images: ImageSource;
  readonly outputDirectory: string;
  /** The way by which other machines reach the VMs. */
  readonly jump: JumpHost;
  /** The session that asks, as `formatSession` writes it. */
  readonly session: string;
  /** Milliseconds after which `reap` may destroy what is made; without it, never, or with the rest of what stands. */
  readonly ttl?: number | undefined;
  /** Milliseconds without progress after which a VM is given up. */
  readonly bootTimeout: number;
  /** Milliseconds to wait for another process that changes the slice. */
  readonly lockTimeout: number;
  readonly wait: boolean;
  /** The file of the project that builds the slice, null for none; not given where that stays as it is. */
  readonly project?: string | null | undefined;
  /** Files that each VM gets at its first boot, for its root alone; they are no part of the plan, and are given once. */
  readonly luggage?: readonly SeedFile[] | undefined;
  /** Reports VMs that could not be made, or do not answer; nobody is told where it is not given. */
  readonly notify?: Notify | undefined;
}

/** What VMs are given at their first boot, by host name. */
type FirstBoots = ReadonlyMap<string, FirstBootContent>;

/**
 * Reads what VMs are to be given at their first boot, so that nothing is touched where something is wrong.
 *
 * @throws VirtbsError `usage` where a VM is not waited for, and is to be given what it can only be given then; `driver-unable`; what
 *   `checkShares` and `readFirstBoots` throw
 */
export async function checkFirstBoots(
  vms: readonly VmPlan[],
  { driver, images, wait }: Pick<CreationOptions, 'driver' | 'images' | 'wait'>,
): Promise<FirstBoots> {
  if (vms.some(({ share }) => share)) assertAble(driver, 'share');
  await checkShares(vms);
  const late = vms.find(hasFirstBootSteps);
  if (late && !wait && driver.features.guests) {
    throw new VirtbsError(
      'usage',
      `${late.hostname}: it is given ${late.share ? 'its shared folders' : 'files, packages and scripts'} while it is waited for`,
      {
        hint: late.share ? 'leave --no-wait out' : 'leave --no-wait out, or put them into its user_data',
      },
    );
  }
  const most = driver.features.limits?.plan;
  const long = vms.find((vm) => vm.firstBoot && most !== undefined && Buffer.byteLength(JSON.stringify(vm)) > most);
  if (long) {
    throw new VirtbsError(
      'plan-invalid',
      `${long.hostname}: the texts of its first boot are too long for ${driver.site}`,
      {
        hint: 'put them into files: a plan has their paths only',
      },
    );
  }
  return await readFirstBoots(vms, images.recipes);
}

/** @throws VirtbsError `plan-invalid` where a seed is larger than the driver can give to a VM */
function assertSeedsFit(seeds: ReadonlyMap<string, Seed>, { features, site }: Driver): void {
  const most = features.limits?.userData ?? Number.POSITIVE_INFINITY;
  for (const [hostname, { userData }] of seeds) {
    const bytes = Buffer.byteLength(userData);
    if (bytes <= most) continue;
    throw new VirtbsError('plan-invalid', `${hostname}: its user data has ${bytes} bytes, ${site} takes ${most}`, {
      hint: 'make user_data shorter, or give the VM files and scripts',
    });
  }
}

export interface SeedOptions extends Pick<VerbContext, 'signal'>, Pick<CreationOptions, 'luggage'> {
  /** What VMs are given at their first boot; nothing where not given. */
  readonly firstBoots?: FirstBoots;
  /** Its limits are kept where it is given. */
  readonly driver?: Driver;
}

/** Makes the keys that are missing, and what each guest is told at its first boot. */
export async function prepareSeeds(
  plan: SlicePlan,
  paths: SlicePaths,
  options: SeedOptions,
): Promise<{ keys: SliceKeys; seeds: ReadonlyMap<string, Seed> }> {
  const hostnames = plan.vms.map(({ hostname }) => hostname);
  const keys = await readySliceKeys(paths, plan.slice, { hostnames, signal: options.signal });
  return { keys, seeds: seedsOf(plan, keys, options) };
}

/** Returns what each guest is told at its first boot; undefined where keys are still to be made. Makes nothing. */
export async function findSeeds(
  plan: SlicePlan,
  paths: SlicePaths,
  options: Omit<SeedOptions, 'signal'>,
): Promise<ReadonlyMap<string, Seed> | undefined> {
  const hostnames = plan.vms.map(({ hostname }) => hostname);
  const keys = await findSliceKeys(paths, hostnames);
  return keys && seedsOf(plan, keys, options);
}

function seedsOf(
  plan: SlicePlan,
  keys: SliceKeys,
  { luggage = [], firstBoots, driver }: Omit<SeedOptions, 'signal'>,
): ReadonlyMap<string, Seed> {
  const made = plan.vms.map((vm) => {
    const host = keys.hosts.get(vm.hostname);
    if (!host) throw new Error(`no host key was made for ${vm.hostname}`);
    const content = {
      authorizedKey: keys.login.publicKey,
      hostPrivateKey: host.privateKey,
      hostPublicKey: host.publicKey,
      files: luggage,
      firstBoot: firstBoots?.get(vm.hostname),
    };
    return [vm.hostname, buildSeed(plan, vm, content)] as const;
  });
  const seeds = new Map(made);
  if (driver) assertSeedsFit(seeds, driver);
  return seeds;
}

/**
 * Returns when what is made now begins and ends; ISO 8601, UTC.
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
  { options, paths }: { readonly options: CreationOptions; readonly paths: SlicePaths },
): Promise<readonly string[]> {
  if (plan.vms.length === 0) return [];
  const { outputDirectory, jump } = options;
  const { project = (await readSliceRecord(paths)).project ?? null } = options;
  const files = await generatedFiles(paths, plan.slice, outputDirectory);
  await writeSliceRecord(paths, { version: 1, files, project });
  return await writeOutputFiles(plan, { paths, outputDirectory, hostKeys: keys.hosts, jump });
}

interface NothingMade extends Pick<CreationOptions, 'driver' | 'notify'> {
  readonly slice: number;
  readonly images: CreateRequest['images'];
}

/** Leaves nothing of a slice of which no VM could be made, and fails where an image is the reason. */
export async function undoNothing(
  outcomes: readonly VmOutcome[],
  { slice, images, driver, notify }: NothingMade,
  context: VerbContext,
): Promise<void> {
  if (outcomes.length === 0 || outcomes.some(({ error }) => error === null)) return;
  await driver.destroy(slice, context);
  const reason = await findImageFailure(images, outcomes);
  if (reason === null) return;
  await notify?.(`slice ${slice}: ${reason.message}`, context);
  throw reason;
}

/**
 * Returns the failure of an image where it is the only reason that no VM exists: its own words are clearer than the same
 * about each VM.
 */
async function findImageFailure(
  images: CreateRequest['images'],
  outcomes: readonly VmOutcome[],
): Promise<Error | null> {
  const [reason = null] = outcomes.map(({ error }) => error);
  if (outcomes.some(({ error }) => error !== reason)) return null;
  const results = await Promise.allSettled(images.values());
  return results.some((result) => result.status === 'rejected' && result.reason === reason) ? reason : null;
}

export interface CreatedWait extends CreationOptions, Required<Pick<WaitOptions, 'onFacts'>> {
  /** The host names of the VMs that are new. */
  readonly made: Iterable<string>;
}

/** Waits until VMs that were started answer, where that was asked for, and gives new ones what they are to have; those that fail. */
export async function waitForCreated(
  standing: SlicePlan,
  { driver, images, outputDirectory, bootTimeout, wait, onFacts, made }: CreatedWait,
  context: VerbContext,
): Promise<readonly VmFailure[]> {
  if (!wait || !driver.features.guests) return [];
  const paths = slicePaths(images.root, standing.slice);
  const firstBoot = { hostnames: new Set(made), log: (hostname: string) => firstBootLogPath(paths, hostname) };
  return await runPhase(context.emit, 'wait', () =>
    waitForVms(standing, { driver, outputDirectory, bootTimeout, onFacts, firstBoot }, context),
  );
}
