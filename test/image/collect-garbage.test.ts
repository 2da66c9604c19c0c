import { mkdir, readdir, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { rootPaths, slicePaths } from '../../src/filenames.js';
import { collectGarbage, type GarbageResult } from '../../src/image/collect-garbage.js';
import { useImages } from '../../src/image/lock-images.js';
import { lockSlot } from '../../src/image/lock-slot.js';
import { readTag } from '../../src/image/tags.js';
import { age, buildId, createOverlay, openLibraryBench } from './library-bench.js';
import { listTree } from './list-tree.js';
import { virtbsFailure } from './virtbs-failure.js';

const ALL = { older: 0, dryRun: false, lockTimeout: 0 };
const DAY = 24 * 3600_000;

function idsOf({ builds }: GarbageResult): readonly string[] {
  return builds.map(({ slot, build }) => `${slot}/${build.slice(0, 2)}`).sort();
}

t.test('what a tag, a disk or a build that is kept needs stays, all else goes', async (t) => {
  const { root, context, add, addDisk, diskOf } = openLibraryBench(t);
  await add({ slot: 'base', id: 'a1' });
  await add({ slot: 'base', id: 'a2' });
  await add({ slot: 'base', id: 'a3', tags: ['default'] });
  await add({ slot: 'tools', id: 'b1', base: { slot: 'base', id: 'a1' }, tags: ['passed'] });
  await add({ slot: 'tools', id: 'b2', base: { slot: 'base', id: 'a2' } });
  await add({ slot: 'gone', id: 'c1' });
  await add({ slot: 'disk', id: 'd1' });
  await add({ slot: 'snapshot', id: 'e1' });
  await addDisk(7, 'controller-02', diskOf({ slot: 'disk', id: 'd1' }));
  const elsewhere = join(rootPaths(root).slices, 'checkpoints', 'deep');
  await createOverlay(join(elsewhere, 'first'), '../../../images/snapshot/e1e1e1e1e1e1e1e1/disk.qcow2');
  await createOverlay(join(elsewhere, 'second'), 'first');

  const before = await listTree(root);
  const dry = await collectGarbage({ root, ...ALL, dryRun: true }, context);
  t.strictSame(await listTree(root), before, 'a dry run changes nothing');
  t.strictSame(idsOf(dry), ['base/a2', 'gone/c1', 'tools/b2']);
  const result = await collectGarbage({ root, ...ALL }, context);
  t.strictSame({ ...result, dryRun: true }, dry);
  t.ok(result.bytes >= 3 * 4096);
  t.strictSame(
    await readdir(rootPaths(root).images),
    ['base', 'disk', 'snapshot', 'tools'],
    'an empty slot has no folder',
  );
  t.strictSame((await readdir(join(rootPaths(root).images, 'base'))).sort(), [buildId('a1'), buildId('a3'), 'tags']);
  t.match(await collectGarbage({ root, ...ALL }, context), { builds: [], files: [], bytes: 0 });
});

t.test('what is young stays with all that it stands on, and is told', async (t) => {
  const { root, context, add } = openLibraryBench(t);
  await add({ slot: 'base', id: 'a1', days: 30 });
  await add({ slot: 'base', id: 'a2', days: 30 });
  await add({ slot: 'tools', id: 'b1', base: { slot: 'base', id: 'a1' }, days: 3 });
  const result = await collectGarbage({ root, ...ALL, older: 14 * DAY }, context);
  t.strictSame(idsOf(result), ['base/a2']);
  t.equal(result.younger.count, 2);
});

t.test('what failures left goes: half-made builds at any age, downloads and logs when they are old', async (t) => {
  const { root, context, add } = openLibraryBench(t);
  await add({ slot: 'base', id: 'a1', tags: ['default'] });
  const { images, downloads, logs } = rootPaths(root);
  const halves = ['.building-x', '.removing-y', '.building-x-replaced'].map((name) => join(images, 'base', name));
  for (const directory of [...halves, downloads, logs, join(images, 'empty', '.building-z')]) {
    await mkdir(directory, { recursive: true });
  }
  await writeFile(join(halves[0] ?? '', 'partial'), Buffer.alloc(8192));
  await symlink('../nothing', join(images, 'base', 'tags', '.new-1'));
  for (const name of ['old', 'new']) {
    for (const folder of [downloads, logs]) {
      await writeFile(join(folder, name), 'x');
      if (name === 'old') await age(join(folder, name), 15);
    }
  }
  {
    await using _lock = await lockSlot(root, 'base', { ...context, holder: 'a builder' });
    const careful = await collectGarbage({ root, ...ALL, older: 14 * DAY, dryRun: true }, context);
    t.notOk(
      careful.files.some(({ path }) => path.startsWith(join(images, 'base'))),
      'somebody works there',
    );
  }
  const result = await collectGarbage({ root, ...ALL, older: 14 * DAY }, context);
  t.strictSame(result.files.map(({ kind }) => kind).sort(), [
    'download',
    ...Array.from({ length: 5 }, () => 'left-over'),
    'log',
  ]);
  t.ok(result.bytes >= 8192);
  t.equal(result.younger.count, 2);
  t.strictSame([await readdir(downloads), await readdir(logs), await readdir(images)], [['new'], ['new'], ['base']]);
  t.strictSame((await readdir(join(images, 'base'))).sort(), [buildId('a1'), 'tags']);
  t.equal(await readTag(root, 'base', 'default'), buildId('a1'));
});

t.test('a disk that cannot be read keeps all builds, and is named', async (t) => {
  const { root, context, events, add, addDisk, diskOf } = openLibraryBench(t);
  await add({ slot: 'base', id: 'a1' });
  const disk = await addDisk(1, 'controller-02', diskOf({ slot: 'base', id: 'a1' }));
  await writeFile(disk, 'scribbled over');
  t.strictSame(idsOf(await collectGarbage({ root, ...ALL }, context)), []);
  t.match(events, [{ type: 'warning', message: /controller-02-root\.qcow2: it is no qcow2 image/ }]);
  await unlink(disk);
  t.strictSame(idsOf(await collectGarbage({ root, ...ALL }, context)), ['base/a1']);
});

t.test('a disk whose base is known by another path keeps the build of that name', async (t) => {
  const { root, context, add } = openLibraryBench(t);
  await add({ slot: 'base', id: 'a1' });
  await add({ slot: 'base', id: 'a2' });
  const disk = join(slicePaths(root, 1).disks, 'controller-02-root.qcow2');
  await createOverlay(disk, `/elsewhere/images/base/${buildId('a1')}/disk.qcow2`, '-u');
  t.strictSame(idsOf(await collectGarbage({ root, ...ALL }, context)), ['base/a2']);
});

t.test('nothing is removed while others use the library; the wait says for whom', async (t) => {
  const { root, context, events, add } = openLibraryBench(t);
  await add({ slot: 'base', id: 'a1' });
  const first = await useImages(root, { ...context, holder: 'cycle of slice 1' });
  const second = await useImages(root, { ...context, holder: 'cycle of slice 2' });
  t.match(await virtbsFailure(collectGarbage({ root, ...ALL, lockTimeout: 0 }, context)), {
    code: 'locked',
    message: /cycle of slice 2/,
  });
  await second[Symbol.asyncDispose]();
  let collecting: Promise<unknown> = Promise.resolve();
  await new Promise<void>((resolve) => {
    const emit = (): void => resolve();
    collecting = collectGarbage({ root, ...ALL, lockTimeout: 60_000 }, { ...context, emit });
  });
  t.strictSame(await readdir(rootPaths(root).images), ['base'], 'the other one still uses it');
  await first[Symbol.asyncDispose]();
  await collecting;
  t.strictSame(await readdir(rootPaths(root).images), []);
  t.strictSame(events, []);
});
