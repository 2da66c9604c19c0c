import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { exportImage } from '../../src/image/export-image.js';
import { importImage } from '../../src/image/import-image.js';
import { readyImage } from '../../src/image/ready-image.js';
import { listTags } from '../../src/image/tags.js';
import type { ImageRecipe } from '../../src/config/image-recipe.js';
import { runProgram } from '../../src/process/run-program.js';
import { makeDiskImages } from './disk-images.js';
import { createOverlay, openLibraryBench } from './library-bench.js';
import { listTree } from './list-tree.js';
import { virtbsFailure } from './virtbs-failure.js';

async function openBench(t: Test) {
  const bench = openLibraryBench(t);
  const { root, context } = bench;
  const files = join(root, 'files');
  await mkdir(files);
  const images = await makeDiskImages(files);
  const recipes: Record<string, ImageRecipe> = { mine: { image_import: {} }, made: { mini: {} } };
  const source = { root, recipes };
  const take = async (name: string, slot: string, ...tags: readonly string[]) =>
    await importImage({ file: join(files, name), slot, tags }, source, context);
  const give = async (name: string, file: string, more = {}) =>
    await exportImage({ root, name, file: join(files, file), format: 'qcow2', force: false, ...more }, context);
  const ready = async (slot: string, tag = 'default') => await readyImage({ slot, tag }, { ...source, ...context });
  return { ...bench, files, images, source, take, give, ready };
}

t.test('an image that is imported is there for roles, and the newest one is the default', async (t) => {
  const { files, images, take, ready } = await openBench(t);
  t.match(await virtbsFailure(ready('mine')), {
    code: 'image-unknown',
    message: 'nothing was imported into mine yet',
    hint: 'virtbs image import FILE mine',
  });
  const first = await take('disk.qcow2', 'mine');
  t.match(first, { slot: 'mine', tags: ['default'], virtualSize: images.raw.length, base: null, configured: true });
  t.match(await ready('mine'), { build: first.build, format: 'qcow2' });
  t.ok(images.qcow2.equals(await readFile((await ready('mine')).path)));

  await writeFile(join(files, 'disk.raw.gz'), gzipSync(images.raw));
  const second = await take('disk.raw.gz', 'mine', 'good');
  t.match(second.tags, ['default', 'good']);
  t.match(await ready('mine'), { build: second.build, format: 'raw' });
  t.ok(images.raw.equals(await readFile((await ready('mine')).path)));
  t.equal((await take('disk.qcow2', 'mine')).build, first.build, 'the same image is the same build');
});

t.test('a slot with a recipe keeps its default; one without is told apart', async (t) => {
  const { root, take, ready } = await openBench(t);
  t.match(await virtbsFailure(take('disk.qcow2', 'made')), {
    code: 'usage',
    message: /slot "made" has a recipe \(mini\)/,
    hint: /--tag TAG/,
  });
  const { build } = await take('disk.qcow2', 'made', 'mine');
  t.strictSame(await listTags(root, 'made'), ['mine']);
  t.equal((await ready('made', 'mine')).build, build);
  t.match(await take('disk.qcow2', 'unheard-of'), { tags: ['default'], configured: false });
  t.match(await virtbsFailure(take('disk.qcow2', '../x')), { code: 'usage', message: /not a slot name/ });
  t.match(await virtbsFailure(take('disk.qcow2', 'mine', 'default')), { code: 'usage' });
});

t.test('what is no image that stands alone is refused, and leaves nothing', async (t) => {
  const { root, files, take } = await openBench(t);
  await createOverlay(join(files, 'overlay.qcow2'), '/etc/hostname', '-u');
  await writeFile(join(files, 'text.qcow2'), 'not an image, just words\n');
  await writeFile(join(files, 'alone.qcow2.kernel'), 'kernel');
  await createOverlay(join(files, 'alone.qcow2'));
  const before = (await listTree(root)).filter((line) => !line.startsWith('locks'));
  for (const [name, code, message] of [
    ['overlay.qcow2', 'image-corrupt', /has a backing file and is refused/],
    ['text.qcow2', 'image-corrupt', /is a text/],
    ['missing.qcow2', 'file-unreadable', /missing\.qcow2 cannot be read: ENOENT/],
    ['.', 'file-unreadable', /no plain file/],
    ['alone.qcow2', 'file-unreadable', /alone\.qcow2\.initrd and .*cmdline: missing/],
  ] as const) {
    const refused = await virtbsFailure(take(name, 'mine'));
    t.match(refused, { code, message });
    t.notMatch(refused.hint, /recipe/);
  }
  t.strictSame(
    (await listTree(root)).filter((line) => !/^(?:locks|images 755|downloads 755|leases 755|slices 755)/.test(line)),
    before,
  );
});

t.test('an import that is interrupted says so and leaves nothing', async (t) => {
  const { root, files, source } = await openBench(t);
  const interrupt = new AbortController();
  const context = { emit: () => interrupt.abort(), signal: interrupt.signal };
  const request = { file: join(files, 'disk.qcow2'), slot: 'mine', tags: [] };
  t.match(await virtbsFailure(importImage(request, source, context)), {
    code: 'cancelled',
    message: 'image mine: interrupted',
  });
  t.strictSame(await readdir(join(root, 'images')), []);
});

t.test('what is exported stands alone, has its kernel beside it, and comes back the same', async (t) => {
  const { files, images, add, diskOf, take, give, ready } = await openBench(t);
  for (const name of ['kernel', 'initrd', 'cmdline']) await writeFile(join(files, `disk.qcow2.${name}`), `${name}\n`);
  const { build } = await take('disk.qcow2', 'mine');
  const result = await give('mine', 'out.qcow2');
  t.match(result, { slot: 'mine', build, format: 'qcow2' });
  t.strictSame(
    result.files,
    ['', '.kernel', '.initrd', '.cmdline'].map((ending) => join(files, `out.qcow2${ending}`)),
  );
  t.equal(await readFile(join(files, 'out.qcow2.cmdline'), 'utf8'), 'cmdline\n');
  const raw = await give('mine:default', 'out.raw', { format: 'raw' });
  t.equal(raw.bytes, images.raw.length);
  t.ok(images.raw.equals(await readFile(join(files, 'out.raw'))));
  await take('out.qcow2', 'again');
  t.match(await ready('mine'), { boot: { cmdline: 'cmdline' } });

  await writeFile(join(files, 'disk.qcow2.cmdline'), 'another\n');
  t.not((await take('disk.qcow2', 'mine')).build, build, 'its parameters are a part of it');

  await add({ slot: 'base', id: 'a1' });
  await runProgram('qemu-io', ['-c', 'write -P 7 0 64k', diskOf({ slot: 'base', id: 'a1' })]);
  await add({ slot: 'tools', id: 'b1', base: { slot: 'base', id: 'a1' }, tags: ['default'] });
  await give('tools', 'flat.qcow2');
  const { stdout } = await runProgram('qemu-img', ['info', '--output=json', join(files, 'flat.qcow2')]);
  t.notMatch(stdout, 'backing');
  await t.resolves(runProgram('qemu-img', ['compare', join(files, 'flat.qcow2'), diskOf({ slot: 'tools', id: 'b1' })]));
});

t.test('a file that is there is replaced only when that is asked for, and a failure leaves it', async (t) => {
  const { root, files, context, take, give } = await openBench(t);
  await take('disk.qcow2', 'mine');
  await writeFile(join(files, 'out'), 'precious');
  const before = await listTree(files);
  t.match(await virtbsFailure(give('mine', 'out')), { code: 'file-exists', hint: /--force/ });
  const stopped = { ...context, signal: AbortSignal.abort() };
  const file = join(files, 'out');
  await t.rejects(exportImage({ root, name: 'mine', file, format: 'qcow2', force: true }, stopped));
  t.match(await virtbsFailure(give('mine:nothing', 'new')), { code: 'image-unknown' });
  t.strictSame(await listTree(files), before);
  await give('mine', 'out', { force: true });
  t.not(await readFile(file, 'utf8'), 'precious');
  t.strictSame(
    (await readdir(files)).filter((name) => name.startsWith('.')),
    [],
  );
});
