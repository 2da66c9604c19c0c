import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { listCheckpoints } from '../../src/checkpoint/list-checkpoints.js';
import type { KeptUnit } from '../../src/checkpoint/kept-unit.js';
import { DEFAULT_CHECKPOINT } from '../../src/config/checkpoint-settings.js';
import { createMemoryWorld, openMemoryDriver } from '../../src/driver/memory/memory-driver.js';
import type { Driver } from '../../src/driver/types.js';
import { VirtbsError } from '../../src/errors.js';
import type { VerbContext } from '../../src/events.js';
import { checkpointRecordPath, consolePath, rootPaths, slicePaths, unfinishedCheckpoint } from '../../src/filenames.js';
import { prepareRoot } from '../../src/files/prepare-root.js';
import { keepCheckpoint } from '../../src/slice/keep-checkpoint.js';
import { prepareSliceDirectories } from '../../src/slice/prepare-slice-directories.js';
import { prepareSeeds } from '../../src/slice/slice-creation.js';
import { planOf } from '../plan/plan-of.js';

interface Bench {
  readonly root: string;
  /** Keeps the slice with these tasks done. */
  readonly keep: (tasks: readonly string[], change?: (driver: Driver) => Partial<Driver>) => Promise<boolean>;
  /** The tasks in each checkpoint that there is. */
  readonly kept: () => Promise<readonly (readonly string[])[]>;
}

/** A slice of one VM in memory, which can be kept. */
async function setUp(t: Test): Promise<Bench> {
  const directory = t.testdir({ output: {}, root: {} });
  const root = join(directory, 'root');
  const paths = slicePaths(root, 1);
  await prepareRoot(root);
  await prepareSliceDirectories(paths);
  await writeFile(consolePath(paths, 'plain-60'), 'it has booted\n');
  const context: VerbContext = { emit: () => undefined, signal: new AbortController().signal };
  const plan = await planOf(1, 'plain:1');
  const memory = openMemoryDriver(createMemoryWorld(), root);
  const { seeds } = await prepareSeeds(plan, paths, context);
  const image = { slot: 'mini', build: 'b1', path: 'x', format: 'qcow2', virtualSize: 1 } as const;
  const images = new Map([['mini:default', Promise.resolve(image)]]);
  const outputDirectory = join(directory, 'output');
  const unitOf = (task: string): KeptUnit => ({
    ...{ task, vm: 'plain-60', key: task, parts: {}, gives: {}, milliseconds: 1 },
    ended: '2026-01-02T03:04:05.000Z',
  });
  return {
    root,
    async keep(tasks, change = () => ({})) {
      const given = { root, plan, seeds, images, paths, outputDirectory, facts: new Map(), boot: null };
      const driver = { ...memory, ...change(memory) };
      const settings = { ...DEFAULT_CHECKPOINT, keep: 'yes' } as const;
      return await keepCheckpoint({ ...given, driver, settings, units: tasks.map(unitOf) }, context);
    },
    kept: async () =>
      (await listCheckpoints(root)).map(({ tasks }) => tasks).toSorted((one, other) => one.length - other.length),
  };
}

t.test(
  'what a virtbs left that was killed while it kept a slice is no checkpoint, and goes with the next',
  async (t) => {
    const { root, keep, kept } = await setUp(t);
    t.ok(await keep(['one']));
    const left = unfinishedCheckpoint(root, 1);
    await mkdir(left);
    await writeFile(join(left, 'plain-60.memory'), 'half of it');
    await writeFile(checkpointRecordPath(left), '{"version": 1, "slice": 1, "units"');
    t.strictSame(await kept(), [['one']]);
    t.ok(await keep(['one', 'two']));
    t.strictSame(await kept(), [['one'], ['one', 'two']]);
    const names = await readdir(rootPaths(root).checkpoints);
    t.ok(
      names.every((name) => /^[0-9a-f]{16}$/.test(name)),
      names.join(', '),
    );
  },
);

t.test('a VM that stops while its slice is kept is a failure, and no checkpoint holds it', async (t) => {
  const { root, keep, kept } = await setUp(t);
  t.ok(await keep(['one']));
  const stopped = keep(['one', 'two'], (driver) => ({
    async keep(request, context) {
      const { vms } = await driver.keep(request, context);
      const error = new VirtbsError('libvirt-failed', 'the emulator ended');
      return { vms, failures: request.vms.map((vm) => ({ vm, error })) };
    },
  }));
  await t.rejects(stopped, { code: 'vm-failed', message: /plain-60 \(defined\): the emulator ended/ });
  t.strictSame(await kept(), [['one']], 'what was kept before stays');
  t.equal((await readdir(rootPaths(root).checkpoints)).length, 1);
});
