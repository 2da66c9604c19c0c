import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { env } from 'node:process';
import type { Test } from 'tap';
import type { ChangeEvent } from '../../src/ci/change-event.js';
import { openCi, type Ci } from '../../src/ci/open-ci.js';
import { createMemoryWorld, openMemoryDriver, type MemoryWorld } from '../../src/driver/memory/memory-driver.js';
import type { VirtbsEvent } from '../../src/events.js';
import { packageDirectory } from '../../src/package-directory.js';
import { runProgram } from '../../src/process/run-program.js';
import { openWorkplace } from '../../src/workplace/open-workplace.js';
import type { Workplace } from '../../src/workplace/workplace.js';
import { newDatabase, TEST_SERVER } from './test-database.js';

export interface CiBench extends AsyncDisposable {
  readonly directory: string;
  readonly world: MemoryWorld;
  readonly events: VirtbsEvent[];
  readonly place: Workplace;
  readonly ci: Ci;
  readonly ending: AbortController;
}

/** A folder with a project whose jobs run on the in-memory driver. @param jobs the section `ci`, as YAML in one line */
export async function openCiBench(t: Test, section: string, slices = 6): Promise<CiBench> {
  const directory = t.testdir({});
  await mkdir(join(directory, 'out'));
  const base = join(directory, 'base.qcow2');
  const database = env[TEST_SERVER] === undefined ? undefined : await newDatabase(directory);
  await runProgram('qemu-img', ['create', '-q', '-f', 'qcow2', base, '64M']);
  await writeFile(
    join(directory, 'virtbs.yaml'),
    [
      `image_flow: {empty: {image_download: {url: [${base}], insecure: true}}}`,
      'machine_matrix: {roles: {plain: {disks: {root: {image_slot: empty}}}}}',
      'topology: plain:1',
      `lease: {first: 1, last: ${slices}}`,
      `ci: ${database === undefined ? section : section.replace('{', `{database: '${database}', `)}`,
      '',
    ].join('\n'),
  );
  const world = createMemoryWorld();
  const events: VirtbsEvent[] = [];
  const ending = new AbortController();
  const place = openWorkplace({
    ...{ cwd: directory, env: { PATH: env['PATH'] }, packageDirectory: await packageDirectory(), project: {} },
    ...{ root: 'root', outputDirectory: 'out', signal: ending.signal },
    openDriver: async (_name, { root }) => openMemoryDriver(world, root),
    emit: (event) => events.push(event),
  });
  const ci = await openCi(place, process.pid);
  return {
    ...{ directory, world, events, place, ci, ending },
    async [Symbol.asyncDispose]() {
      await ci[Symbol.asyncDispose]();
      await place[Symbol.asyncDispose]();
    },
  };
}

/** The upload of a patch set. */
export function patchSet(number: number, set = 1, more: Partial<ChangeEvent> = {}): ChangeEvent {
  return {
    id: `patchset:${number},${set}`,
    kind: 'patchset',
    project: 'demo/app',
    branch: 'main',
    change: { number, subject: `change ${number}` },
    patchSet: { number: set, revision: 'a'.repeat(40), ref: `refs/changes/01/${number}/${set}` },
    at: new Date(1_800_000_000_000 + number * 1000 + set).toISOString(),
    ...more,
  };
}

/** A source that has these events, and then no more. */
export function sourceOf(events: readonly ChangeEvent[], name = 'test') {
  return {
    name,
    async *events() {
      yield* events;
    },
  };
}
