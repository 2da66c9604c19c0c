import { mkdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { renderImages } from '../../src/cli/render/images.js';
import { buildDirectory, rootPaths } from '../../src/filenames.js';
import { listImages } from '../../src/image/list-images.js';
import { buildId, createOverlay, openLibraryBench } from './library-bench.js';
import { virtbsFailure } from './virtbs-failure.js';

t.test('builds are listed with tags, sizes, bases and users, without libvirt or qemu', async (t) => {
  const { root, context, events, add, addDisk, diskOf } = openLibraryBench(t);
  await add({ slot: 'base', id: 'a1', tags: ['passed'], days: 20 });
  await add({ slot: 'base', id: 'a2', tags: ['default'], days: 2 });
  await add({ slot: 'tools', id: 'b1', base: { slot: 'base', id: 'a1' }, tags: ['default'], days: 1 });
  await mkdir(buildDirectory(root, 'tools', buildId('b2')));
  for (const name of ['controller-02', 'worker-20', 'worker-21', 'worker-22']) {
    await addDisk(1, name, diskOf({ slot: 'tools', id: 'b1' }));
  }
  await createOverlay(
    join(rootPaths(root).slices, '1', 'disks', '.pristine-0.qcow2'),
    diskOf({ slot: 'tools', id: 'b1' }),
  );
  await createOverlay(join(rootPaths(root).slices, '3', 'saved', 'x'), diskOf({ slot: 'base', id: 'a2' }));
  const { PATH } = process.env;
  process.env['PATH'] = '/nonexistent';
  t.teardown(() => (process.env['PATH'] = PATH));

  const builds = await listImages(root, [], context);
  const users = ['bs1-controller-02', 'bs1-worker-20', 'bs1-worker-21', 'bs1-worker-22'];
  t.match(builds, [
    { slot: 'base', build: buildId('a1'), tags: ['passed'], kind: 'image_import', base: null, slices: [1], users },
    { slot: 'base', build: buildId('a2'), slices: [3], users: ['slices/3/saved/x'], virtualBytes: 1024 ** 2 },
    { slot: 'tools', build: buildId('b1'), base: `base/${buildId('a1')}`, slices: [1], users },
    { slot: 'tools', build: buildId('b2'), kind: null, virtualBytes: null, users: [] },
  ]);
  t.ok(builds.slice(0, 3).every(({ allocatedBytes }) => allocatedBytes >= 4096));
  t.strictSame(events, []);
  t.strictSame(await listImages(root, ['tools'], context), builds.slice(2));
  t.match(await virtbsFailure(listImages(root, ['tols'], context)), { message: /did you mean "tools"/ });

  const table = renderImages(builds, { tree: false });
  t.match(table, /^SLOT +BUILD +TAGS +KIND +ON DISK +VIRTUAL +AGE +BASE +USED BY\n/);
  t.match(table, /\nbase +a1a1a1a1a1a1a1a1 +passed .* 20d +- +bs1-controller-02, bs1-worker-20 and 2 more\n/);
  t.match(table, /\ntools +b2b2b2b2b2b2b2b2 +- +incomplete /);
  const tree = renderImages(builds, { tree: true });
  t.match(tree, /\nbase +a1.*\n└ tools +b1.*\nbase +a2.*\ntools +b2/);
  t.equal(renderImages([], { tree: true }), 'no images\n');
});

t.test('in the tree only the last of several builds on one ends its line', async (t) => {
  const { root, context, add } = openLibraryBench(t);
  const on = (id: string) => ({ slot: 'base', id });
  await add({ slot: 'base', id: 'a1', days: 9 });
  await add({ slot: 'one', id: 'b1', base: on('a1'), days: 8 });
  await add({ slot: 'over', id: 'c1', base: { slot: 'one', id: 'b1' }, days: 7 });
  await add({ slot: 'two', id: 'd1', base: on('a1'), days: 6 });
  const tree = renderImages(await listImages(root, [], context), { tree: true });
  t.match(tree, /\nbase .*\n├ one .*\n│ └ over .*\n└ two /);
});

t.test('a VM whose name begins with that of another is told from it', async (t) => {
  const { root, context, add, addDisk, diskOf } = openLibraryBench(t);
  await add({ slot: 'base', id: 'a1' });
  await add({ slot: 'base', id: 'a2' });
  await addDisk(1, 'my-db', diskOf({ slot: 'base', id: 'a1' }));
  await addDisk(1, 'my-db-a0', diskOf({ slot: 'base', id: 'a2' }));
  t.match(await listImages(root, [], context), [{ users: ['bs1-my-db'] }, { users: ['bs1-my-db-a0'] }]);
});

t.test('what cannot be read is told, and the rest is listed', async (t) => {
  const { root, context, events, add } = openLibraryBench(t);
  t.strictSame(await listImages(root, [], context), [], 'a root that is not there yet has none');
  await add({ slot: 'base', id: 'a1', tags: ['default'] });
  await symlink('/etc', join(rootPaths(root).images, 'base', 'tags', 'odd'));
  t.match(await listImages(root, [], context), [{ tags: ['default'] }]);
  t.match(events, [{ type: 'warning', message: /tags\/odd does not link to a build/ }]);
  await rm(join(rootPaths(root).images, 'base', 'tags'), { recursive: true });
  t.match(await listImages(root, [], context), [{ tags: [] }]);
});
