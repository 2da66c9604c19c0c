import { randomBytes } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import tap, { type Test } from 'tap';
import { hexDigest } from './disk-images.js';
import { openBench, type Bench } from './download-bench.js';
import { serveRanges, type RangeOptions, type RangeServer } from './serve-ranges.js';
import { virtbsFailure } from './virtbs-failure.js';

const MIB = 1024 * 1024;
const IMAGE = Buffer.concat([Buffer.alloc(MIB), randomBytes(11 * MIB), Buffer.alloc(MIB)]);
const SERVED = { 'disk.raw': IMAGE, 'disk.raw.gz': gzipSync(IMAGE, { level: 1 }) };
const NO_MORE = { retryDelays: [] };

interface Served extends RangeServer {
  readonly recipe: { readonly url: string; readonly sha256: string };
}

function serve(bench: Bench, name: keyof typeof SERVED, options: RangeOptions): Served {
  const server = serveRanges(SERVED[name], options);
  bench.server.resources[`/${name}`] = server.resource;
  const recipe = { url: `${bench.server.url}/${name}`, sha256: hexDigest('sha256', SERVED[name]) };
  return { ...server, recipe };
}

async function parts(bench: Bench): Promise<readonly string[]> {
  return (await readdir(join(bench.root, 'downloads'))).sort();
}

/** Lets a transfer break off for good, and gives the number of bytes that stay. */
async function breakOff(t: Test, bench: Bench, { recipe }: Served): Promise<number> {
  const error = await virtbsFailure(bench.get(recipe, NO_MORE));
  t.match(error, { code: 'image-download-failed', message: /broke off after \d+ of \d+ bytes/ });
  const names = await parts(bench);
  t.match(names, [/^test-[0-9a-f]{16}\.json$/, /^test-[0-9a-f]{16}\.part$/]);
  return (await readFile(join(bench.root, 'downloads', names[1] ?? ''))).length;
}

async function assertImage(t: Test, bench: Bench, { recipe }: Served): Promise<void> {
  const { path } = await bench.get(recipe, NO_MORE);
  t.ok(IMAGE.equals(await readFile(path)), 'the image has its bytes');
  t.strictSame(await parts(bench), [], 'nothing is left of the transfer');
}

for (const name of ['disk.raw', 'disk.raw.gz'] as const) {
  void tap.test(`a connection that breaks is gone on with where it broke: ${name}`, async (t) => {
    const bench = await openBench(t);
    const served = serve(bench, name, { breaks: [5 * MIB, 9 * MIB] });
    const { path } = await bench.get(served.recipe);
    t.ok(IMAGE.equals(await readFile(path)));
    t.equal(served.requests.length, 3);
    const starts = served.requests.map(({ range }) => Number(/\d+/.exec(range ?? '0')?.[0]));
    t.ok(
      starts.every((start, index) => start > (starts[index - 1] ?? -1)),
      `it went on at ${starts.join(', ')}`,
    );
    t.equal(served.requests[1]?.['if-range'], '"one"');
    t.strictSame(await parts(bench), []);
  });

  void tap.test(`a later run goes on where an earlier one ended: ${name}`, async (t) => {
    const bench = await openBench(t);
    const served = serve(bench, name, { breaks: [6 * MIB] });
    const size = await breakOff(t, bench, served);
    await assertImage(t, bench, served);
    t.equal(served.requests.length, 2);
    t.match(served.requests[1], { range: `bytes=${size}-`, 'if-range': '"one"' });
  });

  void tap.test(`a damaged rest of an earlier run costs a second transfer, no more: ${name}`, async (t) => {
    const bench = await openBench(t);
    const served = serve(bench, name, { breaks: [6 * MIB] });
    await breakOff(t, bench, served);
    const [, part = ''] = await parts(bench);
    const path = join(bench.root, 'downloads', part);
    const bytes = await readFile(path);
    bytes.fill(0, 3 * MIB, 4 * MIB);
    await writeFile(path, bytes);
    await assertImage(t, bench, served);
    t.strictSame(
      served.requests.map(({ range }) => range === undefined),
      [true, false, true],
    );
    t.match(bench.events.findLast(({ type }) => type === 'warning')?.['message' as never], /starting anew/);
  });
}

void tap.test('a file that was replaced, and a server without ranges, start anew', async (t) => {
  const bench = await openBench(t);
  let etag = '"old"';
  const served = serve(bench, 'disk.raw', { breaks: [6 * MIB], etag: () => etag });
  await breakOff(t, bench, served);
  etag = '"new"';
  await assertImage(t, bench, served);
  t.match(served.requests.at(-1), { 'if-range': '"old"' });
  for (const refuse of [200, 416] as const) {
    const other = serve(bench, 'disk.raw.gz', { breaks: [6 * MIB, SERVED['disk.raw.gz'].length], refuse });
    const recipe = { ...other.recipe, sha512: hexDigest('sha512', SERVED['disk.raw.gz']) };
    await breakOff(t, bench, { ...other, recipe: refuse === 200 ? other.recipe : recipe });
    const { path } = await bench.get(refuse === 200 ? other.recipe : recipe);
    t.ok(IMAGE.equals(await readFile(path)), `${refuse}`);
    t.strictSame(await parts(bench), []);
  }
  const during = serve(bench, 'disk.raw', { breaks: [4 * MIB], refuse: 200 });
  const { path } = await bench.get({ ...during.recipe, sha512: hexDigest('sha512', IMAGE) });
  t.ok(IMAGE.equals(await readFile(path)), 'also within one run');
});

void tap.test('a weak entity tag is no reason to put two transfers together', async (t) => {
  const bench = await openBench(t);
  const served = serve(bench, 'disk.raw', { breaks: [6 * MIB], etag: () => 'W/"one"' });
  const { path } = await bench.get(served.recipe);
  t.ok(IMAGE.equals(await readFile(path)));
  t.strictSame(
    served.requests.map(({ range }) => range),
    [undefined, undefined],
  );
});

void tap.test('what is complete, but was never finished, is not fetched again', async (t) => {
  const bench = await openBench(t);
  const served = serve(bench, 'disk.raw', { breaks: [6 * MIB] });
  await breakOff(t, bench, served);
  const [, part = ''] = await parts(bench);
  await writeFile(join(bench.root, 'downloads', part), IMAGE);
  await assertImage(t, bench, served);
  t.equal(served.requests.length, 1);
});

void tap.test('without a digest nothing is put together from two runs', async (t) => {
  const bench = await openBench(t);
  const served = serve(bench, 'disk.raw', { breaks: [6 * MIB] });
  const recipe = { url: served.recipe.url, insecure: true };
  t.match(await virtbsFailure(bench.get(recipe, NO_MORE)), { code: 'image-download-failed' });
  t.strictSame(await parts(bench), []);
  t.ok(IMAGE.equals(await readFile((await bench.get(recipe)).path)));
  t.equal(served.requests.at(-1)?.range, undefined);
});

void tap.test('a wrong digest leaves no part, an interruption does', async (t) => {
  const bench = await openBench(t);
  const served = serve(bench, 'disk.raw', {});
  const wrong = { ...served.recipe, sha256: '0'.repeat(64) };
  t.match(await virtbsFailure(bench.get(wrong)), { code: 'image-corrupt', message: /expected sha256:0000/ });
  t.strictSame(await parts(bench), []);
  const controller = new AbortController();
  bench.server.resources['/disk.raw'] = (_, response) => {
    response.writeHead(200, { 'content-length': IMAGE.length, etag: '"one"' });
    response.write(IMAGE.subarray(0, 9 * MIB), () => controller.abort());
  };
  const interrupted = bench.get(served.recipe, { signal: controller.signal });
  t.match(await virtbsFailure(interrupted), { code: 'cancelled' });
  t.equal((await parts(bench)).length, 2);
  bench.server.resources['/disk.raw'] = served.resource;
  await assertImage(t, bench, served);
  t.match(served.requests.at(-1), { range: /^bytes=[1-9]/ });
});
