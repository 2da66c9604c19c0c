import { truncate, writeFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32, gzipSync } from 'node:zlib';
import tap, { type Test } from 'tap';
import { runProgram } from '../../src/process/run-program.js';
import { openBench, refused, type Bench } from './download-bench.js';

const MIB = 1024 * 1024;
const LIMIT = { maxBytes: 64 * MIB };
/** How much more memory this process may have than before, while it takes the bytes of a bomb as they come. */
const MEMORY = 256 * MIB;

/** 16 MiB of zeros by a program, which all of them decompress as often as they come one behind the other. */
async function zeros(bench: Bench, program: string): Promise<Buffer> {
  const path = join(bench.directory, 'zeros');
  await writeFile(path, Buffer.alloc(16 * MIB));
  if (program === 'gzip') return gzipSync(await readFile(path));
  const packed = join(bench.directory, `zeros.${program}`);
  await runProgram('sh', ['-c', `${program} -c <"$0" >"$1"`, path, packed]);
  return await readFile(packed);
}

/** Refuses an image with less memory than the image has bytes, and gives the error. */
async function refusedInLittle(t: Test, bench: Bench, recipe: Parameters<Bench['get']>[0]): Promise<void> {
  const before = process.memoryUsage.rss();
  let most = before;
  const watch = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 5);
  const error = await refused(t, bench, recipe, LIMIT);
  clearInterval(watch);
  t.match(error, {
    code: 'image-corrupt',
    message: /has more than 67108864 bytes when decompressed/,
    hint: /made to fill disks/,
  });
  t.ok(most - before < MEMORY, `${Math.round((most - before) / MIB)} MiB more`);
}

void tap.test('a small file that holds gigabytes is refused at the limit, with each compression', async (t) => {
  const bench = await openBench(t);
  for (const [program, suffix] of [
    ['gzip', 'gz'],
    ['bzip2', 'bz2'],
    ['xz', 'xz'],
    ['zstd', 'zst'],
  ] as const) {
    const part = await zeros(bench, program);
    const bomb = Buffer.concat(Array.from({ length: 512 }, () => part)); // 8 GiB
    t.ok(bomb.length < 9 * MIB, `${suffix}: ${bomb.length} bytes`);
    bench.server.resources[`/bomb.raw.${suffix}`] = bomb;
    await refusedInLittle(t, bench, { url: `${bench.server.url}/bomb.raw.${suffix}`, insecure: true });
  }
});

void tap.test('an archive whose member is one large hole is refused at the limit', async (t) => {
  const bench = await openBench(t);
  const hole = join(bench.directory, 'hole.raw');
  await writeFile(hole, '');
  await truncate(hole, 8 * 1024 * MIB);
  const archive = join(bench.directory, 'hole.tar');
  await runProgram('tar', ['-C', bench.directory, '--sparse', '-cf', archive, 'hole.raw']);
  bench.server.resources['/hole.tar'] = await readFile(archive);
  t.ok((await readFile(archive)).length < MIB);
  await refusedInLittle(t, bench, { url: `${bench.server.url}/hole.tar`, member: 'hole.raw', insecure: true });
});

void tap.test('a file that asks for gigabytes of memory to be decompressed is refused', async (t) => {
  const bench = await openBench(t);
  const xz = await zeros(bench, 'xz -0');
  // The size of the dictionary, behind the id of the filter and the length of what belongs to it: 2 GiB.
  t.strictSame([...xz.subarray(14, 16)], [0x21, 1]);
  xz[16] = 38;
  xz.writeUInt32LE(crc32(xz.subarray(12, 20)), 20);
  bench.server.resources['/greedy.raw.xz'] = xz;
  bench.server.resources['/greedy.raw.zst'] = await zeros(bench, 'zstd --long=31 -q');
  for (const [suffix, words] of [
    ['xz', /xz: .*Memory usage limit reached/],
    ['zst', /zstd: .*requires too much memory/],
  ] as const) {
    const recipe = { url: `${bench.server.url}/greedy.raw.${suffix}`, insecure: true };
    t.match(await refused(t, bench, recipe), { code: 'image-corrupt', message: words });
  }
});
