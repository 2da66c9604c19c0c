import { rm } from 'node:fs/promises';
import type { VerbContext } from '../events.js';
import { buildName } from './build-name.js';
import { explainFileFailure } from './explain-file-failure.js';
import { findLeftOvers, type LeftOver } from './find-left-overs.js';
import { listSlots } from './list-slots.js';
import { changeImages, type ImagesLockOptions } from './lock-images.js';
import { lockSlot } from './lock-slot.js';
import { readSettledLibrary, type LibraryBuild } from './read-library.js';
import { removeBuild, removeEmptySlot } from './remove-build.js';
import type { RemovedBuild } from './remove-builds.js';
import { sum } from '../sum.js';

export interface GarbageRequest {
  readonly root: string;
  /** Milliseconds; what was made later than so long ago stays, unless it is half made. */
  readonly older: number;
  readonly dryRun: boolean;
  /** Milliseconds to wait for others that use the library. */
  readonly lockTimeout: number;
}

export type RemovedFile = Omit<LeftOver, 'changed'>;

export interface GarbageResult {
  readonly version: 1;
  readonly dryRun: boolean;
  readonly builds: readonly RemovedBuild[];
  readonly files: readonly RemovedFile[];
  /** Bytes that were freed, or would be. */
  readonly bytes: number;
  /** Builds and files that nothing uses, but that are too young to be removed. */
  readonly younger: { readonly count: number; readonly bytes: number };
}

/**
 * Removes builds that nothing reaches, neither a tag nor a disk in any slice's folder nor a build that is kept, and what
 * work that did not end well has left. Where a disk cannot be read it is not known what it leans on, and all builds stay.
 *
 * @throws VirtbsError `locked` where others use the library for longer than the timeout; `file-unwritable`
 */
export async function collectGarbage(request: GarbageRequest, context: VerbContext): Promise<GarbageResult> {
  const { root, older, dryRun, lockTimeout } = request;
  const options = { ...context, holder: 'removing unused images', lockTimeout };
  await using _lock = dryRun ? undefined : await changeImages(root, options);
  const limit = Date.now() - older;
  const unreached = await findUnreached(root, context);
  const youngReach = reach(unreached, ({ created }) => created > limit);
  const builds = unreached.filter((build) => !youngReach.has(build));
  const leftOvers = await findLeftOvers(root, options);
  const isOld = ({ kind, changed }: LeftOver): boolean => kind === 'left-over' || changed <= limit;
  const files = leftOvers.filter(isOld);
  if (!dryRun) await removeAll(root, { builds, files }, options);
  const removed = {
    builds: builds.map(({ slot, build, allocated }) => ({ slot, build, bytes: allocated })),
    files: files.map(({ kind, path, bytes }) => ({ kind, path, bytes })),
  };
  const young = [...youngReach].map(({ allocated }) => allocated);
  young.push(...leftOvers.filter((file) => !isOld(file)).map(({ bytes }) => bytes));
  const bytes = sum([...removed.builds, ...removed.files].map((thing) => thing.bytes));
  return { version: 1, dryRun, ...removed, bytes, younger: { count: young.length, bytes: sum(young) } };
}

async function findUnreached(root: string, { emit, signal }: VerbContext): Promise<readonly LibraryBuild[]> {
  const { builds, unknown } = await readSettledLibrary(root, signal);
  for (const reason of unknown) {
    emit({ type: 'warning', message: `no build is removed, for it is not known what this leans on: ${reason}` });
  }
  if (unknown.length > 0) return [];
  const reached = reach(builds, ({ tags, users }) => tags.length > 0 || users.length > 0);
  return builds.filter((build) => !reached.has(build));
}

/** The builds that are meant, and all that they stand on. */
function reach(builds: readonly LibraryBuild[], isMeant: (build: LibraryBuild) => boolean): ReadonlySet<LibraryBuild> {
  const byName = new Map(builds.map((build) => [buildName(build), build]));
  const reached = new Set<LibraryBuild>();
  const visit = (build: LibraryBuild | undefined): void => {
    if (!build || reached.has(build)) return;
    reached.add(build);
    for (const base of build.bases) visit(byName.get(base));
  };
  for (const build of builds) if (isMeant(build)) visit(build);
  return reached;
}

async function removeAll(
  root: string,
  { builds, files }: { readonly builds: readonly LibraryBuild[]; readonly files: readonly LeftOver[] },
  options: ImagesLockOptions,
): Promise<void> {
  const { signal } = options;
  for (const { path } of files) {
    signal.throwIfAborted();
    await explainFileFailure(path, () => rm(path, { recursive: true, force: true, maxRetries: 5 }));
  }
  // What stands on others goes first, so that who kills us here leaves nothing without its base.
  for (const { slot, build } of [...builds].sort((one, other) => other.bases.length - one.bases.length)) {
    signal.throwIfAborted();
    await using _lock = await lockSlot(root, slot, options);
    await removeBuild(root, slot, build);
  }
  for (const slot of await listSlots(root)) await removeEmptySlot(root, slot);
}
