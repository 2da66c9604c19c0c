import type { BuildRequest, Driver, VmOutcome } from '../driver/types.js';
import type { VerbContext } from '../events.js';
import type { SlicePaths } from '../filenames.js';
import type { ImageSource } from '../image/ready-all-images.js';
import { readySliceKeys, type SliceKeys } from '../key/slice-keys.js';
import type { JumpHost } from '../output/jump-host.js';
import { writeOutputFiles } from '../output/output-files.js';
import type { SlicePlan } from '../plan/plan.js';
import { runPhase } from '../run-phase.js';
import { buildSeed, type Seed } from '../seed/seed.js';
import { writeSliceRecord } from './slice-record.js';
import type { VmFailure } from './vm-failure.js';
import { waitForVms, type WaitOptions } from './wait-for-vms.js';
import { generatedFiles } from './wipe.js';

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
