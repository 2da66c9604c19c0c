import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { DEFAULT_CHECKPOINT } from '../../src/config/checkpoint-settings.js';
import { forgetCheckpoints } from '../../src/checkpoint/forget-checkpoints.js';
import { limitCheckpoints } from '../../src/checkpoint/limit-checkpoints.js';
import { listCheckpoints } from '../../src/checkpoint/list-checkpoints.js';
import { lockCheckpoints } from '../../src/checkpoint/lock-checkpoints.js';
import type { VerbContext } from '../../src/events.js';
import { checkpointPaths, checkpointRecordPath, memoryPath, rootPaths } from '../../src/filenames.js';
import { prepareRoot } from '../../src/files/prepare-root.js';

const context: VerbContext = { emit: () => undefined, signal: new AbortController().signal };
const MIB = 1024 ** 2;

/** A checkpoint of one VM with a MiB of memory, which was used so many seconds after 1970. */
async function addCheckpoint(root: string, slice: number, used: number): Promise<string> {
  const key = used.toString(16).padStart(16, '0');
  const { directory } = checkpointPaths(root, key);
  await mkdir(directory, { recursive: true });
  await writeFile(memoryPath(directory, 'plain-60'), Buffer.alloc(MIB, 1));
  const vms = [{ hostname: 'plain-60', power: 'running', disks: [] }];
  const created = '2026-01-02T03:04:05.000Z';
  const record = { version: 1, key, slice, created, plan: 'x', builds: ['mini/b1'], vms, facts: {} };
  await writeFile(checkpointRecordPath(directory), JSON.stringify(record));
  await utimes(checkpointRecordPath(directory), used, used);
  return key;
}

async function keysOf(root: string): Promise<readonly string[]> {
  return (await listCheckpoints(root)).map(({ key }) => key);
}

t.test('those that were not used for longest go first, by number and by size', async (t) => {
  const root = t.testdir();
  await prepareRoot(root);
  const [three, one, two] = [
    await addCheckpoint(root, 1, 300),
    await addCheckpoint(root, 2, 100),
    await addCheckpoint(root, 1, 200),
  ];
  const limits = { ...DEFAULT_CHECKPOINT, kept: three };
  await limitCheckpoints(root, limits, context);
  t.strictSame(await keysOf(root), [one, two, three]);
  await limitCheckpoints(root, { ...limits, maxCount: 2 }, context);
  t.strictSame(await keysOf(root), [two, three]);
  await limitCheckpoints(root, { ...limits, maxSize: 1.5 * MIB }, context);
  t.strictSame(await keysOf(root), [three]);
});

t.test('the one that was just kept stays, though it is too large, or the clock was set back', async (t) => {
  const root = t.testdir();
  await prepareRoot(root);
  const [kept, used] = [await addCheckpoint(root, 1, 100), await addCheckpoint(root, 1, 200)];
  await limitCheckpoints(root, { ...DEFAULT_CHECKPOINT, maxCount: 2, kept }, context);
  t.strictSame(await keysOf(root), [kept, used]);
  await limitCheckpoints(root, { ...DEFAULT_CHECKPOINT, maxCount: 1, kept }, context);
  t.strictSame(await keysOf(root), [kept], 'it counts');
  await limitCheckpoints(root, { ...DEFAULT_CHECKPOINT, maxSize: MIB / 2, kept }, context);
  t.strictSame(await keysOf(root), [kept]);
});

t.test('they are removed by key or slice, all that are named or none', async (t) => {
  const root = t.testdir();
  await prepareRoot(root);
  const [one, two, three] = [
    await addCheckpoint(root, 1, 100),
    await addCheckpoint(root, 1, 200),
    await addCheckpoint(root, 2, 300),
  ];
  const request = { root, slice: undefined, keys: [one, 'f'.repeat(16)], dryRun: false, lockTimeout: 0 };
  await t.rejects(forgetCheckpoints(request, context), { code: 'checkpoint-unknown', message: /f{16}/ });
  t.strictSame(await keysOf(root), [one, two, three]);
  const dry = await forgetCheckpoints({ ...request, dryRun: true, keys: 'all' }, context);
  t.match([dry.dryRun, dry.removed.length], [true, 3]);
  t.strictSame(await keysOf(root), [one, two, three], 'a dry run removes nothing');
  t.match(await forgetCheckpoints({ ...request, keys: [one] }, context), { removed: [{ key: one, slice: 1 }] });
  t.match((await forgetCheckpoints({ ...request, slice: 2, keys: 'all' }, context)).removed, [{ key: three }]);
  t.strictSame(await keysOf(root), [two]);
});

t.test('one that is brought back is not removed meanwhile; what is half removed goes with the next', async (t) => {
  const root = t.testdir();
  await prepareRoot(root);
  const key = await addCheckpoint(root, 1, 100);
  const request = { root, slice: undefined, keys: [key], dryRun: false, lockTimeout: 0 };
  {
    await using _lock = await lockCheckpoints(root, 'shared', {
      ...context,
      holder: 'cycle of slice 1',
      lockTimeout: 0,
    });
    await t.rejects(forgetCheckpoints(request, context), { code: 'locked', message: /cycle of slice 1/ });
  }
  await mkdir(checkpointPaths(root, 'a'.repeat(16)).removed);
  await forgetCheckpoints(request, context);
  t.strictSame(await readdir(rootPaths(root).checkpoints), []);
});

t.test('one whose record cannot be read is listed, and can be removed', async (t) => {
  const root = t.testdir();
  await prepareRoot(root);
  const key = await addCheckpoint(root, 1, 100);
  await writeFile(checkpointRecordPath(join(rootPaths(root).checkpoints, key)), '{');
  t.match(await listCheckpoints(root), [{ key, slice: null, vms: [] }]);
  await forgetCheckpoints({ root, slice: undefined, keys: 'all', dryRun: false, lockTimeout: 0 }, context);
  t.strictSame(await listCheckpoints(root), []);
});
