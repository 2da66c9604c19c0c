import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import tap, { type Test } from 'tap';
import { runProgram } from '../../src/process/run-program.js';
import { openBench, refused, type Bench } from './download-bench.js';
import { hexDigest } from './disk-images.js';

interface ArchiveBench extends Bench {
  /** Serves an archive of these members, made by tar with these options; gives its recipe. */
  readonly serve: (name: string, ...args: readonly string[]) => Promise<{ url: string; sha256: string }>;
}

async function openArchiveBench(t: Test): Promise<ArchiveBench> {
  const bench = await openBench(t);
  const { directory, server } = bench;
  await mkdir(join(directory, 'folder'));
  await writeFile(join(directory, 'folder', 'notes'), 'not an image\n');
  await symlink('disk.raw', join(directory, 'link'));
  await link(join(directory, 'disk.raw'), join(directory, 'second'));
  const serve: ArchiveBench['serve'] = async (name, ...args) => {
    await runProgram('tar', ['-C', directory, '-caf', join(directory, name), ...args]);
    const bytes = await readFile(join(directory, name));
    server.resources[`/${name}`] = bytes;
    return { url: `${server.url}/${name}`, sha256: hexDigest('sha256', bytes) };
  };
  return { ...bench, serve };
}

void tap.test('an image comes out of an archive of each compression', async (t) => {
  const bench = await openArchiveBench(t);
  for (const name of ['a.tar', 'a.tar.xz', 'a.tgz', 'a.tar.bz2', 'a.tar.zst']) {
    const recipe = await bench.serve(name, 'folder', 'disk.qcow2');
    const { path, format } = await bench.get({ ...recipe, member: 'disk.qcow2' });
    t.equal(format, 'qcow2');
    t.ok(bench.images.qcow2.equals(await readFile(path)), name);
  }
});

void tap.test('a sparse member has its zeros, in each format that tar has for it', async (t) => {
  const bench = await openArchiveBench(t);
  for (const format of ['oldgnu', 'gnu', 'posix']) {
    const recipe = await bench.serve(`${format}.tar.gz`, `--format=${format}`, '--sparse', 'disk.raw');
    const { path } = await bench.get({ ...recipe, member: 'disk.raw' });
    t.ok(bench.images.raw.equals(await readFile(path)), format);
  }
});

void tap.test('a member that is not there or no file is told', async (t) => {
  const bench = await openArchiveBench(t);
  const recipe = await bench.serve('a.tar.gz', './disk.qcow2', 'folder', 'link', 'disk.raw', 'second');
  const cases = {
    'disk.qcow2': /no archive that has "disk\.qcow2": tar: disk\.qcow2: Not found in archive/,
    folder: /"folder" in the archive is a folder, no file/,
    link: /"link" in the archive is a symbolic link, no file/,
    second: /"second" in the archive is a link to another member, no file/,
    '--help': /no archive that has "--help"/,
    'disk.*': /no archive that has "disk\.\*"/,
  };
  for (const [member, message] of Object.entries(cases)) {
    t.match(await refused(t, bench, { ...recipe, member }), { code: 'image-corrupt', message, hint: /member/ }, member);
  }
  t.ok(await bench.get({ ...recipe, member: './disk.qcow2' }));
  t.match(await refused(t, bench, recipe), { message: /a tar archive/, hint: /member: NAME/ });
});

void tap.test('the digest is that of the whole archive, whatever comes behind the member', async (t) => {
  const bench = await openArchiveBench(t);
  const { sha256 } = await bench.serve('a.tar', 'disk.qcow2', 'disk.raw');
  const url = `${bench.server.url}/long.tar`;
  const long = Buffer.concat([bench.server.resources['/a.tar'] as Buffer, randomBytes(3_000_000)]);
  bench.server.resources['/long.tar'] = long;
  const error = await refused(t, bench, { url, sha256, member: 'disk.qcow2' });
  t.match(error.message, `the file has sha256:${hexDigest('sha256', long)}, expected sha256:${sha256}`);
  const build = await bench.get({ url, sha256: hexDigest('sha256', long), member: 'disk.qcow2' });
  t.ok(bench.images.qcow2.equals(await readFile(build.path)));
});

void tap.test('a damaged archive and what is none are refused', async (t) => {
  const bench = await openArchiveBench(t);
  await bench.serve('a.tar', 'disk.qcow2');
  const whole = bench.server.resources['/a.tar'] as Buffer;
  bench.server.resources['/cut.tar'] = whole.subarray(0, 600_000);
  const { url } = bench.server;
  t.match(await refused(t, bench, { url: `${url}/cut.tar`, insecure: true, member: 'disk.qcow2' }), {
    code: 'image-corrupt',
    message: /the archive is damaged: tar: .*Unexpected EOF/,
  });
  t.match(await refused(t, bench, { url: `${url}/disk.raw`, insecure: true, member: 'disk.qcow2' }), {
    code: 'image-corrupt',
    message: /no archive that has "disk\.qcow2"/,
  });
  bench.server.resources['/bad.bz2'] = Buffer.concat([Buffer.from('BZh91AY&SY'), randomBytes(1000)]);
  t.match(await refused(t, bench, { url: `${url}/bad.bz2`, insecure: true }), { message: /decompressed: bzip2: / });
  bench.server.resources['/hidden'] = bench.server.resources['/bad.bz2'];
  t.match(await refused(t, bench, { url: `${url}/hidden`, insecure: true }), { hint: 'set compression: bz2' });
});
