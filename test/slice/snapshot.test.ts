import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { createMemoryWorld, openMemoryDriver } from '../../src/driver/memory/memory-driver.js';
import type { Driver } from '../../src/driver/types.js';
import type { VerbContext } from '../../src/events.js';
import { nextDiskPath, slicePaths, snapshotPaths, snapshotRecordPath, type SlicePaths } from '../../src/filenames.js';
import { readSliceDisks } from '../../src/image/read-slice-disks.js';
import { runProgram } from '../../src/process/run-program.js';
import { deleteSnapshot } from '../../src/slice/delete-snapshot.js';
import { listSnapshots } from '../../src/slice/list-snapshots.js';
import { prepareSliceDirectories } from '../../src/slice/prepare-slice-directories.js';
import { removeSnapshotLeftovers } from '../../src/slice/remove-snapshot-leftovers.js';
import { restore, type RestoreOptions } from '../../src/slice/restore.js';
import { snapshot } from '../../src/slice/snapshot.js';
import { wipe } from '../../src/slice/wipe.js';
import { planOf } from '../plan/plan-of.js';

const context: VerbContext = { emit: () => undefined, signal: new AbortController().signal };

interface Bench {
  readonly driver: Driver;
  readonly root: string;
  readonly paths: SlicePaths;
  build(...topology: readonly string[]): Promise<void>;
  options(name: string): RestoreOptions;
}

/** A slice without disks in a world of objects. */
async function setUp(t: Test): Promise<Bench> {
  const directory = t.testdir({ root: {}, output: {} });
  const root = join(directory, 'root');
  const driver = openMemoryDriver(createMemoryWorld(), root);
  const paths = slicePaths(root, 1);
  return {
    driver,
    root,
    paths,
    async build(...topology) {
      await prepareSliceDirectories(paths);
      const plan = await planOf(1, ...topology);
      const image = { slot: 'mini', build: 'b1', path: 'x', format: 'qcow2', virtualSize: 1 } as const;
      const images = new Map([['mini:default', Promise.resolve(image)]]);
      await driver.destroy(1, context);
      await driver.create(
        { plan, images, seeds: new Map(), created: '2026-01-02T03:04:05.000Z', session: 'x' },
        context,
      );
    },
    options(name) {
      const outputDirectory = join(directory, 'output');
      return {
        slice: 1,
        driver,
        root,
        outputDirectory,
        name,
        lockTimeout: 0,
        bootTimeout: 5000,
        wait: true,
        dryRun: false,
      };
    },
  };
}

async function names({ root }: Bench): Promise<readonly string[]> {
  return (await listSnapshots(root, 1)).snapshots.map(({ name }) => name);
}

t.test('snapshots are listed by age, and deleted in any order', async (t) => {
  const bench = await setUp(t);
  t.strictSame(await names(bench), [], 'of a slice that was never built');
  await bench.build('plain:2');
  for (const name of ['zero', 'one', 'a.b-c_d']) {
    t.match(await snapshot(bench.options(name), context), { slice: 1, name, vms: [{ hostname: 'plain-60' }, {}] });
  }
  t.strictSame(await names(bench), ['zero', 'one', 'a.b-c_d']);
  await deleteSnapshot(bench.options('one'), context);
  t.strictSame(await names(bench), ['zero', 'a.b-c_d']);
  await t.rejects(deleteSnapshot(bench.options('one'), context), {
    code: 'snapshot-unknown',
    message: /slice 1 has no snapshot "one"/,
  });
  await deleteSnapshot(bench.options('zero'), context);
  await deleteSnapshot(bench.options('a.b-c_d'), context);
  t.strictSame(await readdir(bench.paths.snapshots), []);
});

t.test('what is not a name, or is taken, is refused before anything is done', async (t) => {
  const bench = await setUp(t);
  await bench.build('plain:1');
  await snapshot(bench.options('taken'), context);
  await t.rejects(snapshot(bench.options('taken'), context), { code: 'snapshot-exists' });
  for (const name of ['', '.', '..', '../x', '.hidden', 'a/b', '-x', 'x'.repeat(64), 'a b', 'a\n']) {
    for (const verb of [snapshot, restore, deleteSnapshot]) {
      const tried: Promise<unknown> = verb(bench.options(name), context);
      await t.rejects(async () => void (await tried), { code: 'usage' }, JSON.stringify(name));
    }
  }
  t.strictSame(await names(bench), ['taken']);
});

t.test('a restore brings back what runs, and wants the VMs of then', async (t) => {
  const bench = await setUp(t);
  await bench.build('plain:2');
  const [slice] = await bench.driver.inspect({ slice: 1 }, context);
  const [first, second] = slice?.vms ?? [];
  if (!first || !second) throw new Error('the slice has two VMs');
  await bench.driver.power(second, 'off', context);
  await snapshot(bench.options('half'), context);
  await bench.driver.power(first, 'off', context);
  await bench.driver.power(second, 'start', context);
  t.match(await restore(bench.options('half'), context), { vms: [{ power: 'running' }, { power: 'off' }] });
  const powers = (await bench.driver.inspect({ slice: 1 }, context))[0]?.vms.map(({ power }) => power);
  t.strictSame(powers, ['running', 'off']);
  await t.rejects(restore(bench.options('hlaf'), context), { message: /"hlaf", did you mean "half"\?/ });

  await bench.build('plain:3');
  await t.rejects(restore(bench.options('half'), context), { code: 'snapshot-unfit', message: /has now plain-62$/ });
  await bench.build('plain:1', 'worker:1');
  await t.rejects(restore(bench.options('half'), context), {
    code: 'snapshot-unfit',
    message: /slice 1 has now worker-20; has no more plain-61$/,
  });
});

t.test('a dry run of a restore or a removal fails as that would, and changes nothing', async (t) => {
  const bench = await setUp(t);
  const dryRun = (name: string): RestoreOptions => ({ ...bench.options(name), dryRun: true });
  await bench.build('plain:1');
  await snapshot(bench.options('running'), context);
  const [slice] = await bench.driver.inspect({ slice: 1 }, context);
  const [vm] = slice?.vms ?? [];
  if (!vm) throw new Error('the slice has a VM');
  await bench.driver.power(vm, 'off', context);

  t.match(await restore(dryRun('running'), context), { dryRun: true, name: 'running', vms: [{ power: 'running' }] });
  const [after] = await bench.driver.inspect({ slice: 1 }, context);
  t.equal(after?.vms[0]?.power, 'off');
  t.strictSame(await deleteSnapshot(dryRun('running'), context), {
    version: 1,
    slice: 1,
    dryRun: true,
    deleted: 'running',
  });
  t.strictSame(await names(bench), ['running']);

  await t.rejects(deleteSnapshot(dryRun('other'), context), { code: 'snapshot-unknown' });
  await bench.build('plain:2');
  await t.rejects(restore(dryRun('running'), context), { code: 'snapshot-unfit' });
});

t.test('a snapshot whose record cannot be read can still be deleted', async (t) => {
  const bench = await setUp(t);
  await bench.build('plain:1');
  await snapshot(bench.options('broken'), context);
  await writeFile(snapshotRecordPath(snapshotPaths(bench.paths, 'broken').directory), '{');
  await t.rejects(restore(bench.options('broken'), context), { code: 'file-unreadable', message: /snapshot\.json: / });
  await deleteSnapshot(bench.options('broken'), context);
  t.strictSame(await names(bench), []);
});

t.test('a hypervisor that cannot keep VMs says so', async (t) => {
  const bench = await setUp(t);
  await bench.build('plain:1');
  const driver = { ...bench.driver, features: { ...bench.driver.features, snapshots: 'none' } } as const;
  await t.rejects(snapshot({ ...bench.options('x'), driver }, context), { code: 'snapshot-unsupported' });
});

t.test('a wipe removes snapshots', async (t) => {
  const bench = await setUp(t);
  await bench.build('plain:1');
  await snapshot(bench.options('gone'), context);
  await wipe({ ...bench.options(''), lockTimeout: 0, dryRun: false }, context);
  t.strictSame(await readdir(slicePaths(bench.root, 1).directory).catch(() => []), []);
});

t.test('layers stay as long as a disk or a snapshot stands on them, and no longer', async (t) => {
  const { paths, root, driver } = await setUp(t);
  await prepareSliceDirectories(paths);
  const disk = join(paths.disks, 'vm-root.qcow2');
  const layer = (name: string): string => join(paths.layers, name);
  const create = async (path: string, backing?: string): Promise<void> => {
    const options = backing === undefined ? [] : ['-b', backing, '-F', 'qcow2'];
    await runProgram('qemu-img', ['create', '-q', '-f', 'qcow2', ...options, path, '1M']);
  };
  await create(layer('below.qcow2'));
  await create(layer('kept.qcow2'), layer('below.qcow2'));
  await create(layer('disk.qcow2'), layer('below.qcow2'));
  await create(disk, layer('disk.qcow2'));
  await create(layer('nobody.qcow2'), layer('kept.qcow2'));
  const { directory } = snapshotPaths(paths, 'one');
  await mkdir(directory);
  const vms = [{ hostname: 'vm', power: 'off', disks: [{ name: 'root', layer: 'kept.qcow2', sizeBytes: 1 }] }];
  const record = { version: 1, name: 'one', created: '2026-01-01T00:00:00.000Z', plans: [], vms };
  await writeFile(snapshotRecordPath(directory), JSON.stringify(record));
  await writeFile(join(directory, 'vm.memory'), 'QFI\xfb');
  await mkdir(join(paths.snapshots, '.half'));

  await removeSnapshotLeftovers(paths, { slice: 1, driver }, context);
  t.strictSame((await readdir(paths.layers)).sort(), ['below.qcow2', 'disk.qcow2', 'kept.qcow2']);
  t.strictSame(await readdir(paths.snapshots), ['one']);
  t.notOk(
    (await readSliceDisks(root)).some(({ path }) => path.endsWith('.memory')),
    'memory is no disk',
  );

  // Killed between the two renames: the disk is a layer, and its next one is not yet in its place.
  const next = nextDiskPath(paths, 'vm', 'root');
  await rename(disk, layer('last.qcow2'));
  await create(next, layer('last.qcow2'));
  await rm(directory, { recursive: true });
  await removeSnapshotLeftovers(paths, { slice: 1, driver }, context);
  t.strictSame(await readdir(paths.disks), ['vm-root.qcow2'], 'the next disk is the disk');
  t.strictSame((await readdir(paths.layers)).sort(), ['below.qcow2', 'disk.qcow2', 'last.qcow2']);

  await writeFile(join(paths.disks, 'unknown-root.qcow2'), 'no qcow2');
  await rm(disk);
  await removeSnapshotLeftovers(paths, { slice: 1, driver }, context);
  t.equal((await readdir(paths.layers)).length, 3, 'nobody knows what the unknown disk stands on');
});
