import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tap from 'tap';
import { assertServed, compressionOf, formatOf } from '../../src/image/image-head.js';
import { runProgram } from '../../src/process/run-program.js';

/** The head of an image that qemu-img makes with these options. */
async function qemuHead(format: string, options: readonly string[] = []): Promise<Buffer> {
  const directory = await mkdtemp(join(tmpdir(), 'virtbs-head-'));
  try {
    const path = join(directory, 'image');
    const placed = options.map((option) => option.replace('DIR', directory));
    await runProgram('qemu-img', ['create', '-q', '-f', 'raw', join(directory, 'base'), '1M']);
    await runProgram('qemu-img', ['create', '-q', '-f', format, ...placed, path, '1M']);
    return (await readFile(path)).subarray(0, 8192);
  } finally {
    await rm(directory, { recursive: true });
  }
}

void tap.test('qcow2 of both versions that stands alone is accepted', async (t) => {
  t.equal(formatOf(await qemuHead('qcow2', ['-o', 'compat=1.1']), undefined), 'qcow2');
  t.equal(formatOf(await qemuHead('qcow2', ['-o', 'compat=0.10']), 'qcow2'), 'qcow2');
});

void tap.test('a qcow2 that leans on another file is refused', async (t) => {
  for (const version of ['compat=1.1', 'compat=0.10']) {
    const backed = await qemuHead('qcow2', ['-o', version, '-b', 'DIR/base', '-F', 'raw']);
    t.throws(() => formatOf(backed, undefined), { code: 'image-corrupt', message: /a backing file and is refused/ });
  }
  const external = await qemuHead('qcow2', ['-o', 'data_file=DIR/data']);
  t.throws(() => formatOf(external, undefined), {
    code: 'image-corrupt',
    message: /an external data file and is refused/,
  });
});

void tap.test('images of other formats, archives and texts are no raw disks', async (t) => {
  t.throws(() => formatOf(Buffer.alloc(0), 'raw'), { message: /empty/ });
  t.throws(() => formatOf(Buffer.from('just some words\n'), undefined), { message: /a text, no qcow2 or raw image/ });
  t.throws(() => formatOf(Buffer.from('PK\u0003\u0004abcdefgh\u0000'), undefined), { message: /a zip archive/ });
  t.throws(() => formatOf(Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]), undefined), {
    message: /xz/,
    hint: 'set compression: xz',
  });
  for (const [format, what] of Object.entries({ vmdk: /VMDK/, vhdx: /VHDX/, qed: /QED/ })) {
    const head = await qemuHead(format);
    t.throws(() => formatOf(head, undefined), { message: what }, format);
  }
  const tar = Buffer.alloc(1024);
  tar.write('ustar', 257);
  t.throws(() => formatOf(tar, undefined), { message: /a tar archive/ });
  t.equal(formatOf(Buffer.alloc(8192), undefined), 'raw');
});

void tap.test('a declared format is compared', async (t) => {
  const qcow2 = await qemuHead('qcow2');
  t.throws(() => formatOf(qcow2, 'raw'), {
    message: 'the image is qcow2, the recipe says raw',
    hint: /set format: qcow2/,
  });
  t.throws(() => formatOf(Buffer.alloc(512), 'qcow2'), { message: 'the image is raw, the recipe says qcow2' });
});

void tap.test('a web page is told by its beginning and named by its title', (t) => {
  const page =
    '\uFEFF\n<?xml version="1.0"?><!-- portal --><!DOCTYPE html>\n<html><head><TITLE>\n Sign in  to\u0007 WiFi</TITLE>';
  t.throws(() => assertServed(Buffer.from(page), 'none'), {
    code: 'image-corrupt',
    message: /a web page instead of an image: "Sign in to WiFi"$/,
  });
  t.throws(() => assertServed(Buffer.from('<html>'), 'xz'), { message: /a web page instead of an image$/ });
  t.end();
});

void tap.test('a compression is taken from the name and checked by the content', (t) => {
  t.strictSame(['a.qcow2.xz', 'a.GZ', 'a.raw.zst', 'a.qcow2', 'xz'].map(compressionOf), [
    'xz',
    'gz',
    'zst',
    'none',
    'none',
  ]);
  const zstd = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0]);
  t.doesNotThrow(() => assertServed(zstd, 'zst'));
  t.doesNotThrow(() => assertServed(Buffer.from([0x50, 0x2a, 0x4d, 0x18, 4, 0]), 'zst'), 'a frame to skip first');
  t.throws(() => assertServed(zstd, 'xz'), { message: 'the file is not xz-compressed', hint: /compression: zst$/ });
  t.throws(() => assertServed(Buffer.from('QFI'), 'gz'), {
    message: 'the file is not gz-compressed',
    hint: /compression: none$/,
  });
  t.end();
});
