import { mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import t from 'tap';
import { rootPaths } from '../../src/filenames.js';
import { readTag } from '../../src/image/tags.js';
import { removeBuilds } from '../../src/image/remove-builds.js';
import { buildId, createOverlay, openLibraryBench, type LibraryBench } from './library-bench.js';
import { listTree } from './list-tree.js';
import { virtbsFailure } from './virtbs-failure.js';

const remove = async ({ root, context }: LibraryBench, ...names: readonly string[]) =>
  await removeBuilds({ root, names, dryRun: false, lockTimeout: 0 }, context);

t.test('a build that is in use stays, and every user is named', async (t) => {
  const bench = openLibraryBench(t);
  const { root, add, addDisk, diskOf } = bench;
  await add({ slot: 'base', id: 'a1', tags: ['default', 'passed'] });
  await add({ slot: 'tools', id: 'b1', base: { slot: 'base', id: 'a1' }, tags: ['default'] });
  await addDisk(1, 'controller-02', diskOf({ slot: 'base', id: 'a1' }));
  await addDisk(2, 'my-db-a0', diskOf({ slot: 'tools', id: 'b1' }));
  await createOverlay(join(rootPaths(root).slices, '1', 'saved', 'x'), diskOf({ slot: 'base', id: 'a1' }));
  const before = await listTree(rootPaths(root).images);
  const build = buildId('a1');
  const others = `bs1-controller-02 runs on it, bs2-my-db-a0 runs on it, slices/1/saved/x stands on it, tools/${buildId('b1')} stands on it`;
  for (const [name, tags] of [
    [`base/${build}`, 'tag default points to it, tag passed points to it, '],
    ['base:passed', 'tag default points to it, '],
    ['base', 'tag passed points to it, '],
  ] as const) {
    t.match(await virtbsFailure(remove(bench, name)), {
      code: 'image-in-use',
      exitCode: 1,
      message: `base/${build} is in use: ${tags}${others}`,
    });
  }
  t.match(await virtbsFailure(remove(bench, 'base', 'tools')), {
    message: /^base\/.*bs1-controller-02[^\n]*\ntools\/.*: bs2-my-db-a0 runs on it$/,
  });
  t.strictSame(await listTree(rootPaths(root).images), before, 'all or none');
});

t.test('a dry run says what would be removed, or why it would not be, and removes nothing', async (t) => {
  const bench = openLibraryBench(t);
  const { root, context, add } = bench;
  await add({ slot: 'base', id: 'a1', tags: ['default'] });
  await add({ slot: 'tools', id: 'b1', base: { slot: 'base', id: 'a1' }, tags: ['default'] });
  const before = await listTree(rootPaths(root).images);
  const tryIt = async (...names: readonly string[]) =>
    await removeBuilds({ root, names, dryRun: true, lockTimeout: 0 }, context);
  await t.rejects(tryIt('base'), { code: 'image-in-use', message: /tools\/.* stands on it$/ });
  const said = await tryIt('base', 'tools');
  t.strictSame(await listTree(rootPaths(root).images), before);
  t.strictSame(await remove(bench, 'base', 'tools'), { ...said, dryRun: false });
});

t.test('a tag goes with its build, a slot with all its builds, a base with what stands on it', async (t) => {
  const bench = openLibraryBench(t);
  const { root, add } = bench;
  await add({ slot: 'base', id: 'a1', tags: ['old'] });
  await add({ slot: 'base', id: 'a2', tags: ['default'] });
  await add({ slot: 'base', id: 'a3' });
  await add({ slot: 'tools', id: 'b1', base: { slot: 'base', id: 'a2' }, tags: ['default'] });

  const one = await remove(bench, 'base:old', `base/${buildId('a3')}`);
  t.match(one, {
    version: 1,
    builds: [
      { slot: 'base', build: buildId('a1') },
      { slot: 'base', build: buildId('a3') },
    ],
    tags: [{ slot: 'base', tag: 'old' }],
  });
  t.ok(one.bytes > 0);
  t.equal(await readTag(root, 'base', 'old'), undefined);
  t.equal(await readTag(root, 'base', 'default'), buildId('a2'));

  t.equal((await remove(bench, 'base', 'tools')).builds.length, 2);
  t.strictSame(await readdir(rootPaths(root).images), []);
});

t.test('names that are none are told, with the nearest right one where nothing of the sort is there', async (t) => {
  const bench = openLibraryBench(t);
  await bench.add({ slot: 'base', id: 'a1', tags: ['default', 'passed'] });
  for (const name of ['../x', 'base:', 'base/short', 'base:a/b', '']) {
    t.match(await virtbsFailure(remove(bench, name)), { code: 'usage', message: /neither SLOT, SLOT:TAG/ }, name);
  }
  for (const [name, message] of [
    ['bas', /no builds in slot "bas", did you mean "base"\?/],
    ['base:pased', /image base has no tag "pased", did you mean "passed"\?/],
    [`base/${buildId('a2')}`, /image base has no build "a2a2a2a2a2a2a2a2"/],
  ] as const) {
    t.match(await virtbsFailure(remove(bench, name)), { code: 'image-unknown', exitCode: 1, message });
  }
});

t.test('a disk whose head is still being written is read again', async (t) => {
  const bench = openLibraryBench(t);
  const { root, add, diskOf } = bench;
  await add({ slot: 'base', id: 'a1', tags: ['default'] });
  await add({ slot: 'other', id: 'b1', tags: ['default'] });
  const disk = join(rootPaths(root).slices, '1', 'disks', 'controller-02-root.qcow2');
  await mkdir(dirname(disk), { recursive: true });
  await writeFile(disk, 'half');
  const removing = remove(bench, 'other');
  const whole = join(root, 'whole');
  await createOverlay(whole, diskOf({ slot: 'base', id: 'a1' }));
  await rename(whole, disk);
  t.match(await removing, { builds: [{ slot: 'other' }] });
  await writeFile(disk, 'half');
  t.match(await virtbsFailure(remove(bench, 'base')), { code: 'image-in-use', message: /it is no qcow2 image/ });
});
