import { stat } from 'node:fs/promises';
import { basename, dirname, relative } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { buildDirectory, rootPaths, slicePaths } from '../filenames.js';
import { allocatedBytes } from './allocated-bytes.js';
import { buildName } from './build-name.js';
import { buildFiles, type BuildRecord } from './build-record.js';
import { buildsInChain } from './builds-in-chain.js';
import { listBuilds, listSlots } from './list-slots.js';
import { readBuild } from './read-build.js';
import { readSliceDisks, type SliceDisk } from './read-slice-disks.js';
import { listTags, readTag } from './tags.js';

const SETTLE_ATTEMPTS = 10;
const SETTLE_PAUSE = 200; // milliseconds

/** A build with all that keeps it. */
export interface LibraryBuild {
  readonly slot: string;
  readonly build: string;
  readonly directory: string;
  /** Undefined where the build is incomplete. */
  readonly record: BuildRecord | undefined;
  readonly tags: readonly string[];
  /** `SLOT/BUILD` of the builds that its disk leans on, the nearest first. */
  readonly bases: readonly string[];
  /** The users of the build, also by way of other builds: domains, and paths under the root of what is no VM's disk. */
  readonly users: readonly string[];
  /** Numbers of the slices that lean on it. */
  readonly slices: readonly number[];
  /** Bytes that its files take up on the disk. */
  readonly allocated: number;
  /** When it was made; milliseconds since 1970. */
  readonly created: number;
}

export interface Library {
  /** By slot and time, the oldest first. */
  readonly builds: readonly LibraryBuild[];
  /** Things that could not be read, and so may use any build: one sentence for each. */
  readonly unknown: readonly string[];
}

/** All that is in the library of a root and what keeps it, from files alone. */
export async function readLibrary(root: string): Promise<Library> {
  const unknown: string[] = [];
  const disks = await readSliceDisks(root);
  for (const { broken } of disks) if (broken !== null) unknown.push(broken);
  const slots = await listSlots(root);
  const builds = await Promise.all(slots.map((slot) => readSlot(slot, { root, disks, unknown })));
  return { builds: builds.flat(), unknown };
}

/**
 * The same for a caller that removes builds. A command that was killed may leave a program that still writes the head of a disk: what cannot be
 * read is read again, for two seconds at most.
 */
export async function readSettledLibrary(root: string, signal: AbortSignal): Promise<Library> {
  let library = await readLibrary(root);
  for (let attempt = 1; library.unknown.length > 0 && attempt <= SETTLE_ATTEMPTS; attempt++) {
    await setTimeout(SETTLE_PAUSE, undefined, { signal });
    library = await readLibrary(root);
  }
  return library;
}

interface Reading {
  readonly root: string;
  readonly disks: readonly SliceDisk[];
  readonly unknown: string[];
}

async function readSlot(slot: string, reading: Reading): Promise<readonly LibraryBuild[]> {
  const { root, unknown } = reading;
  const tags = new Map<string, string[]>();
  for (const tag of await listTags(root, slot)) {
    try {
      const build = await readTag(root, slot, tag);
      if (build !== undefined) tags.set(build, [...(tags.get(build) ?? []), tag]);
    } catch (error) {
      unknown.push(error instanceof Error ? error.message : String(error));
    }
  }
  const names = await listBuilds(root, slot);
  const builds = await Promise.all(names.map((build) => describe(slot, build, { ...reading, tags })));
  return builds.sort((one, other) => one.created - other.created);
}

async function describe(
  slot: string,
  build: string,
  { root, disks, unknown, tags }: Reading & { readonly tags: ReadonlyMap<string, readonly string[]> },
): Promise<LibraryBuild> {
  const directory = buildDirectory(root, slot, build);
  const name = buildName({ slot, build });
  const record = await readBuild(root, slot, build);
  const { builds, broken } = await buildsInChain(root, buildFiles(directory, record?.format ?? 'qcow2').disk);
  if (broken !== null && record) unknown.push(broken);
  const declared = record?.base ? [buildName(record.base)] : [];
  const leaning = disks.filter((disk) => disk.builds.includes(name));
  const { mtimeMs } = await stat(directory).catch(() => ({ mtimeMs: Date.now() }));
  const created = Date.parse(record?.created ?? '');
  return {
    slot,
    build,
    directory,
    record,
    tags: tags.get(build) ?? [],
    bases: [...new Set([...declared, ...builds])].filter((base) => base !== name),
    users: usersOf(root, leaning),
    slices: [...new Set(leaning.flatMap((disk) => disk.slice ?? []))].sort((one, other) => one - other),
    allocated: await allocatedBytes(directory),
    created: Number.isNaN(created) ? mtimeMs : created,
  };
}

/**
 * Returns the users among disks. A file that is not a VM's disk counts where no VM uses the same build: VMs' disks are copied
 * from one in the same folder, or stand on one that was kept. Of a checkpoint its folder counts.
 */
function usersOf(root: string, disks: readonly SliceDisk[]): readonly string[] {
  const { root: absolute, checkpoints } = rootPaths(root);
  const users = disks.flatMap((disk) => {
    const { domain, path, slice } = disk;
    const folder = dirname(path);
    const isLayer = slice !== null && slicePaths(root, slice).layers === folder;
    const isBelow = isLayer || basename(path).startsWith('.pristine-');
    if (isBelow && disks.some((other) => other.domain !== null && other.slice === slice)) return [];
    return [domain ?? relative(absolute, dirname(folder) === checkpoints ? folder : path)];
  });
  return [...new Set(users)].sort();
}
