import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tap from 'tap';
import { VirtbsError } from '../../src/errors.js';
import { assertServed, compressionOf, formatOf, HEAD_BYTES, plainName } from '../../src/image/image-head.js';
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

/** The head of a file system; nothing where its program is not here. */
async function madeHead(words: string): Promise<Buffer | undefined> {
  const directory = await mkdtemp(join(tmpdir(), 'virtbs-head-'));
  const [program = '', ...options] = words.split(' ');
  try {
    const path = join(directory, 'image');
    await runProgram('truncate', ['-s', '512M', path]);
    await runProgram(program, [...options, path]);
    await using file = await open(path);
    const { buffer } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer;
  } catch (error) {
    if (error instanceof VirtbsError && error.code === 'program-missing') return undefined;
    throw error;
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

void tap.test('a qcow2 that qemu would not let a guest use is refused, and told how to mend it', async (t) => {
  const secret = ['--object', 'secret,id=s,data=abc', '-o', 'encrypt.format=aes,encrypt.key-secret=s'];
  const encrypted = await qemuHead('qcow2', secret);
  t.throws(() => formatOf(encrypted, undefined), {
    code: 'image-corrupt',
    message: 'the image is encrypted (AES), and is refused',
    hint: /qemu-img convert/,
  });
  encrypted.writeUInt32BE(2, 32);
  t.throws(() => formatOf(encrypted, undefined), { message: 'the image is encrypted (LUKS), and is refused' });
  const head = await qemuHead('qcow2', ['-o', 'compat=1.1']);
  for (const [bits, word] of [
    [1n, 'dirty'],
    [2n, 'corrupt'],
  ] as const) {
    head.writeBigUInt64BE(bits, 72);
    t.throws(() => formatOf(head, undefined), {
      message: new RegExp(`marked as ${word}`),
      hint: /qemu-img check -r all/,
    });
  }
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
  for (const [format, what] of Object.entries({
    vdi: /VDI/,
    vpc: /VHD/,
    parallels: /Parallels/,
    qcow: /qcow image of/,
  })) {
    const head = await qemuHead(format);
    const hint = `convert it: qemu-img convert -f ${format} -O qcow2 IMAGE NEW.qcow2`;
    for (const declared of [undefined, 'raw'] as const) {
      t.throws(() => formatOf(head, declared), { message: what, hint }, format);
    }
  }
  t.throws(() => formatOf(Buffer.from('LUKS\u00ba\u00be\0', 'latin1'), 'raw'), { message: /encrypted with LUKS/ });
  const tar = Buffer.alloc(1024);
  tar.write('ustar', 257);
  t.throws(() => formatOf(tar, undefined), { message: /a tar archive/ });
  t.equal(formatOf(Buffer.alloc(8192), undefined), 'raw');
});

void tap.test('bytes that nobody knows are a raw disk only where somebody says so', async (t) => {
  const unknown = Buffer.alloc(8192, 1);
  t.throws(() => formatOf(unknown, undefined, 'disk.img'), {
    code: 'image-corrupt',
    message: /nothing that a disk begins with/,
    hint: /format: raw/,
  });
  t.equal(formatOf(unknown, 'raw', 'disk.img'), 'raw');
  t.equal(formatOf(unknown, undefined, 'DISK.RAW'), 'raw');
  t.strictSame([plainName('a.raw.xz', 'xz'), plainName('a.raw', 'none')], ['a.raw', 'a.raw']);
  for (const program of ['mkfs.ext4 -q', 'mkfs.xfs -q', 'mkfs.vfat', 'mkfs.btrfs -q']) {
    const head = await madeHead(program);
    if (head) t.equal(formatOf(head, undefined), 'raw', program);
  }
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
