import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { CheckpointRecord } from '../../src/checkpoint/checkpoint-record.js';
import { listCheckpoints } from '../../src/checkpoint/list-checkpoints.js';
import { createMemoryWorld, openMemoryDriver } from '../../src/driver/memory/memory-driver.js';
import type { Driver } from '../../src/driver/types.js';
import { VirtbsError } from '../../src/errors.js';
import type { VerbContext } from '../../src/events.js';
import { checkpointPaths, checkpointRecordPath, keptConsolePath, slicePaths } from '../../src/filenames.js';
import { prepareRoot } from '../../src/files/prepare-root.js';
import { prepareSliceDirectories } from '../../src/slice/prepare-slice-directories.js';
import { restoreSlice } from '../../src/slice/restore-slice.js';
import { prepareSeeds } from '../../src/slice/slice-creation.js';
import { planOf } from '../plan/plan-of.js';

const KEY = 'a'.repeat(16);

interface Outcome {
  readonly isBack: boolean;
  readonly warnings: readonly string[];
  readonly checkpoints: readonly string[];
}

/** Brings a slice of one VM back, with a driver that is changed in some way. */
async function bringBack(t: Test, change: (driver: Driver) => Partial<Driver>): Promise<Outcome> {
  const directory = t.testdir({ output: {}, root: {} });
  const root = join(directory, 'root');
  const paths = slicePaths(root, 1);
  await prepareRoot(root);
  await prepareSliceDirectories(paths);
  const warnings: string[] = [];
  const context: VerbContext = {
    emit: (event) => void (event.type === 'warning' && warnings.push(event.message)),
    signal: new AbortController().signal,
  };
  const plan = await planOf(1, 'plain:1');
  const memory = openMemoryDriver(createMemoryWorld(), root);
  const driver = { ...memory, features: { ...memory.features, guests: true }, ...change(memory) };
  const { keys, seeds } = await prepareSeeds(plan, paths, context);
  const image = { slot: 'mini', build: 'b1', path: 'x', format: 'qcow2', virtualSize: 1 } as const;
  const images = new Map([['mini:default', Promise.resolve(image)]]);
  const created = '2026-01-02T03:04:05.000Z';
  const kept = { hostname: 'plain-60', power: 'running', disks: [] } as const;
  const record: CheckpointRecord = {
    ...{ version: 1, key: KEY, slice: 1, created, plan: 'x', builds: ['mini/b1'], vms: [kept], facts: {} },
  };
  const { directory: folder } = checkpointPaths(root, KEY);
  await mkdir(folder, { recursive: true });
  await writeFile(keptConsolePath(folder, 'plain-60'), 'it has booted\n');
  await writeFile(checkpointRecordPath(folder), JSON.stringify(record));
  const options = {
    driver,
    images: { recipes: {}, root },
    outputDirectory: join(directory, 'output'),
    jump: { address: 'lab.example.org', user: 'jenkins' },
    session: 'tester@here',
    bootTimeout: 300,
    lockTimeout: 300,
    wait: true,
  };
  const request = { plan, images, seeds, created, session: 'tester@here', expires: null };
  const made = await restoreSlice(
    record,
    { request, options, keys, paths, onImagesRead: () => Promise.resolve() },
    context,
  );
  const checkpoints = await listCheckpoints(root);
  return { isBack: made !== null, warnings, checkpoints: checkpoints.map(({ key }) => key) };
}

/** A driver whose VMs cannot be made. */
function refusing(error: Error): (driver: Driver) => Partial<Driver> {
  return () => ({ create: async ({ plan }) => plan.vms.map((vm) => ({ vm, error })) });
}

t.test('a checkpoint whose guests do not answer in time stays, with the reason', async (t) => {
  const { isBack, warnings, checkpoints } = await bringBack(t, () => ({}));
  t.equal(isBack, false);
  t.match(warnings, [/^checkpoint a{16} is kept, and slice 1 is booted: plain-60: no progress for 0 s/]);
  t.strictSame(checkpoints, [KEY]);
});

t.test('a checkpoint whose VM ends when it goes on is removed', async (t) => {
  const { isBack, warnings, checkpoints } = await bringBack(t, () => ({
    observe: async () => ({ power: 'crashed', consoleBytes: 0 }),
  }));
  t.equal(isBack, false);
  t.match(warnings, [/^checkpoint a{16} is removed, and slice 1 is booted: plain-60: the VM is crashed/]);
  t.strictSame(checkpoints, []);
});

t.test('a checkpoint is removed where the hypervisor refuses it, and not for want of memory', async (t) => {
  const damaged = new VirtbsError('libvirt-failed', 'bs1-plain-60: error while loading state');
  t.match(await bringBack(t, refusing(damaged)), {
    warnings: [/is removed.*error while loading state/],
    checkpoints: [],
  });
  const full = new VirtbsError('not-enough-memory', 'bs1-plain-60: cannot allocate memory');
  t.match(await bringBack(t, refusing(full)), { warnings: [/is kept.*cannot allocate/], checkpoints: [KEY] });
});

t.test('a checkpoint is removed where a file of it is gone, and not where the host cannot be asked', async (t) => {
  const gone = Object.assign(new Error('ENOENT: plain-60.memory'), { code: 'ENOENT', syscall: 'open' });
  const failing = (error: Error) => () => ({ create: () => Promise.reject(error) });
  t.match(await bringBack(t, failing(gone)), { warnings: [/is removed/], checkpoints: [] });
  const lost = new VirtbsError('libvirt-unreachable', 'no connection');
  t.match(await bringBack(t, failing(lost)), { warnings: [/is kept.*no connection/], checkpoints: [KEY] });
});
