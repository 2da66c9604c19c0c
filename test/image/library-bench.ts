import { mkdir, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { Test } from 'tap';
import type { VerbContext, VirtbsEvent } from '../../src/events.js';
import { buildDirectory, diskPath, seedPath, slicePaths } from '../../src/filenames.js';
import { buildFiles, type BuildRecord } from '../../src/image/build-record.js';
import { moveTag } from '../../src/image/tags.js';
import { runProgram } from '../../src/process/run-program.js';

export interface TestBuild {
  readonly slot: string;
  /** Two hex digits that its id consists of. */
  readonly id: string;
  readonly tags?: readonly string[];
  readonly base?: { readonly slot: string; readonly id: string };
  /** Days since it was made. */
  readonly days?: number;
}

export interface LibraryBench {
  readonly root: string;
  readonly events: VirtbsEvent[];
  readonly context: VerbContext;
  /** Puts a build into the library by hand; gives its id. */
  readonly add: (build: TestBuild) => Promise<string>;
  /** Makes the disk of a VM: an overlay on a file. */
  readonly addDisk: (slice: number, hostname: string, backing: string) => Promise<string>;
  readonly diskOf: (build: Pick<TestBuild, 'slot' | 'id'>) => string;
}

const DAY = 24 * 3600_000;

/** The id that a test's two digits stand for. */
export function buildId(id: string): string {
  return id.repeat(8);
}

export function openLibraryBench(t: Test): LibraryBench {
  const root = t.testdir();
  const events: VirtbsEvent[] = [];
  const diskOf = ({ slot, id }: Pick<TestBuild, 'slot' | 'id'>): string =>
    buildFiles(buildDirectory(root, slot, buildId(id)), 'qcow2').disk;
  return {
    root,
    events,
    diskOf,
    context: { emit: (event) => void events.push(event), signal: new AbortController().signal },
    async add({ slot, id, tags = [], base, days = 0 }) {
      const build = buildId(id);
      const directory = buildDirectory(root, slot, build);
      await mkdir(directory, { recursive: true });
      const disk = diskOf({ slot, id });
      const size = await createOverlay(disk, base && relative(directory, diskOf(base)));
      const record: BuildRecord = {
        version: 1,
        slot,
        build,
        kind: 'image_import',
        recipe: { image_import: {} },
        recipeKey: 'key',
        format: 'qcow2',
        virtualSize: 1024 ** 2,
        size,
        content: `sha256:${id}`,
        created: new Date(Date.now() - days * DAY).toISOString(),
        milliseconds: 1,
        ...(base && { base: { slot: base.slot, build: buildId(base.id) } }),
      };
      await writeFile(join(directory, 'build.json'), JSON.stringify(record));
      for (const tag of tags) await moveTag(root, slot, { tag, build });
      return build;
    },
    async addDisk(slice, hostname, backing) {
      const paths = slicePaths(root, slice);
      await mkdir(paths.seeds, { recursive: true });
      await writeFile(seedPath(paths, hostname), '');
      const disk = diskPath(paths, hostname, 'root');
      await createOverlay(disk, backing);
      return disk;
    },
  };
}

/** An image of 1 MiB, on another where one is given. Gives its length. */
export async function createOverlay(path: string, backing?: string, ...options: readonly string[]): Promise<number> {
  await mkdir(dirname(path), { recursive: true });
  const behind = backing === undefined ? [] : ['-F', 'qcow2', '-b', backing];
  await runProgram('qemu-img', ['create', '-q', '-f', 'qcow2', ...behind, ...options, path, '1M']);
  const { size } = await stat(path);
  return size;
}

/** Makes a file or folder look as old as it is said to be. */
export async function age(path: string, days: number): Promise<void> {
  const then = new Date(Date.now() - days * DAY);
  await utimes(path, then, then);
}
