import { open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { checkBuild } from '../../src/image/check-build.js';
import type { ImageBuild } from '../../src/image/types.js';
import { createOverlay } from './library-bench.js';

/** A build that leans on another one. */
async function build(t: Test): Promise<{ readonly image: ImageBuild; readonly base: string }> {
  const directory = t.testdir();
  const base = join(directory, 'base.qcow2');
  const path = join(directory, 'disk.qcow2');
  await createOverlay(base);
  await createOverlay(path, base);
  return { base, image: { slot: 'mini', build: 'abc', path, format: 'qcow2', virtualSize: 1024 ** 2 } };
}

async function writeBytes(path: string, position: number, bytes: Buffer): Promise<void> {
  await using file = await open(path, 'r+');
  await file.write(bytes, 0, bytes.length, position);
}

t.test('a build that qemu would take is taken', async (t) => {
  const { image } = await build(t);
  await checkBuild(image);
});

t.test('a build is refused where what it leans on is gone', async (t) => {
  const { image, base } = await build(t);
  await unlink(base);
  await t.rejects(checkBuild(image), { code: 'image-corrupt', message: /mini, build abc: .*base\.qcow2.*ENOENT/ });
});

t.test('a build is refused where qemu would refuse it, or what it leans on', async (t) => {
  const { image, base } = await build(t);
  await writeBytes(base, 32, Buffer.from([0, 0, 0, 2]));
  await t.rejects(checkBuild(image), {
    code: 'image-corrupt',
    message: /base\.qcow2: the image is encrypted \(LUKS\)/,
  });
  await writeBytes(base, 32, Buffer.alloc(4));
  await writeBytes(image.path, 79, Buffer.from([2]));
  await t.rejects(checkBuild(image), { message: /disk\.qcow2: the image is marked as corrupt/ });
});

t.test('a build is refused where its disk has another size than was recorded', async (t) => {
  const { image } = await build(t);
  await t.rejects(checkBuild({ ...image, virtualSize: 512 }), { message: /1048576 bytes, its record says 512/ });
});
