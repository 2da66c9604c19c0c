import { randomFillSync } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import tap from 'tap';
import { readyImage } from '../../src/image/ready-image.js';
import { runProgram } from '../../src/process/run-program.js';
import { hexDigest } from './disk-images.js';
import { openBench, refused, signal, type Bench } from './download-bench.js';
import { startImageServer } from './image-server.js';
import { virtbsFailure } from './virtbs-failure.js';

async function compress(bench: Bench, program: string, ...args: readonly string[]): Promise<Buffer> {
  await runProgram(program, [...args, '-k', '-q', '-f', join(bench.directory, 'disk.qcow2')]);
  return readFile(join(bench.directory, `disk.qcow2.${{ zstd: 'zst', bzip2: 'bz2' }[program] ?? program}`));
}

void tap.test('an image is fetched in each compression, checked and described', async (t) => {
  const bench = await openBench(t);
  const { server, images } = bench;
  server.resources['/disk.qcow2.xz'] = await compress(bench, 'xz', '-0');
  server.resources['/disk.qcow2.zst'] = await compress(bench, 'zstd', '-1');
  server.resources['/disk.qcow2.gz'] = gzipSync(images.qcow2);
  server.resources['/disk.qcow2.bz2'] = await compress(bench, 'bzip2', '-1');
  for (const name of ['disk.qcow2', 'disk.qcow2.xz', 'disk.qcow2.zst', 'disk.qcow2.gz', 'disk.qcow2.bz2']) {
    const served = server.resources[`/${name}`] as Buffer;
    const sha256 = hexDigest('sha256', served);
    const build = await bench.get({ url: `${server.url}/${name}`, sha256: sha256.toUpperCase(), format: 'qcow2' });
    t.match(build, { slot: 'test', build: /^[0-9a-f]{16}$/, format: 'qcow2', virtualSize: images.raw.length });
    t.equal(build.path, join(bench.root, 'images', 'test', build.build, 'disk.qcow2'));
    t.ok(images.qcow2.equals(await readFile(build.path)), `${name} has the bytes of the image`);
    const record: unknown = JSON.parse(await readFile(join(build.path, '..', 'build.json'), 'utf8'));
    t.match(record, {
      version: 1,
      kind: 'image_download',
      content: `sha256:${sha256}`,
      size: images.qcow2.length,
      created: /^20/,
    });
  }
});

void tap.test('all users can read a build, whatever the umask', async (t) => {
  const bench = await openBench(t);
  const before = process.umask(0o077);
  t.teardown(() => process.umask(before));
  const recipes = { other: { image_download: { url: `${bench.server.url}/disk.qcow2`, insecure: true } } };
  const root = join(bench.root, 'new', 'root');
  const { path } = await readyImage(
    { slot: 'other', tag: 'default' },
    { recipes, root, emit: () => undefined, signal },
  );
  const modes: string[] = [];
  for (let at = path; at.length > bench.root.length; at = join(at, '..'))
    modes.push(((await stat(at)).mode & 0o777).toString(8));
  t.strictSame(modes, ['644', '755', '755', '755', '755', '755']);
});

void tap.test('a digest may be in a list, of either form, on the server or in a file', async (t) => {
  const bench = await openBench(t);
  const { server, images, directory } = bench;
  const url = `${server.url}/disk.qcow2`;
  const sha512 = hexDigest('sha512', images.qcow2);
  server.resources['/SHA512SUMS'] = `${'0'.repeat(128)}  other.qcow2\n${sha512}  disk.qcow2\n`;
  server.resources['/CHECKSUM'] =
    `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nSHA256 (disk.qcow2) = ${hexDigest('sha256', images.qcow2)}\n-----BEGIN PGP SIGNATURE-----\n\niQ\n`;
  await writeFile(join(directory, 'SUMS'), `${sha512} *disk.qcow2\n`);
  for (const digest of [
    { sha512: `${server.url}/SHA512SUMS` },
    { sha256: `${server.url}/CHECKSUM` },
    { sha512: join(directory, 'SUMS') },
    { sha512: pathToFileURL(join(directory, 'SUMS')).href, sha256: `${server.url}/CHECKSUM` },
  ]) {
    t.equal((await bench.get({ url, ...digest })).format, 'qcow2', JSON.stringify(digest));
  }
  server.requests.length = 0;
  server.resources['/disk.qcow2?x=1'] = images.qcow2;
  await bench.get({ url: `${url}?x=1`, sha512: `${server.url}/SHA512SUMS` });
  t.strictSame(
    server.requests,
    ['/SHA512SUMS', '/disk.qcow2?x=1'],
    'the list comes first, a query is no part of the name',
  );
});

void tap.test('a raw image keeps its bytes and gets holes where it is zero', async (t) => {
  const bench = await openBench(t);
  const { path, format } = await bench.get({ url: `${bench.server.url}/disk.raw`, insecure: true });
  t.equal(format, 'raw');
  t.ok(bench.images.raw.equals(await readFile(path)));
  const { blocks, size } = await stat(path);
  t.ok(blocks * 512 < size / 2, `${blocks * 512} of ${size} bytes are on the disk`);
});

void tap.test('a path and a file URL are sources too', async (t) => {
  const bench = await openBench(t);
  const path = join(bench.directory, 'disk.qcow2');
  const sha256 = hexDigest('sha256', bench.images.qcow2);
  t.ok(await bench.get({ url: path, sha256 }));
  t.ok(await bench.get({ url: pathToFileURL(path).href, sha256 }));
  t.strictSame(bench.server.requests, []);
  const missing = await refused(t, bench, { url: `${path}.no`, insecure: true });
  t.match(missing, { code: 'file-unreadable', message: /disk\.qcow2\.no cannot be read: ENOENT/ });
  const folder = await refused(t, bench, { url: bench.directory, insecure: true });
  t.match(folder, { code: 'file-unreadable', message: /no plain file/ });
  await runProgram('mkfifo', [join(bench.directory, 'pipe')]);
  t.match(await refused(t, bench, { url: join(bench.directory, 'pipe'), insecure: true }), {
    message: /no plain file/,
  });
});

void tap.test('redirects are followed, in circles only so far', async (t) => {
  const to = (location: string) => (_: unknown, response: ServerResponse) =>
    void response.writeHead(302, { location }).end();
  const bench = await openBench(t, {
    '/latest.qcow2': to('/mirror/x'),
    '/mirror/x': to('../disk.qcow2'),
    '/loop': to('/pool'),
    '/pool': to('/loop'),
  });
  const { url } = bench.server;
  t.ok(await bench.get({ url: `${url}/latest.qcow2`, insecure: true }));
  const loop = await refused(t, bench, { url: `${url}/loop`, insecure: true });
  t.match(loop, { code: 'image-download-failed', message: /\/loop: more than 10 redirects, the last to http/ });
  t.equal(bench.server.requests.filter((path) => /loop|pool/.test(path)).length, 11);
  bench.server.resources['/file'] = to('file:///etc/passwd');
  const file = await refused(t, bench, { url: `${url}/file`, insecure: true });
  t.match(file, {
    code: 'image-download-failed',
    message: /redirects to file:\/\/\/etc\/passwd, which is not followed/,
  });
});

void tap.test('a wrong digest is refused with both digests', async (t) => {
  const bench = await openBench(t);
  const { server, images } = bench;
  const wrong = '0'.repeat(64);
  const error = await refused(t, bench, { url: `${server.url}/disk.qcow2`, sha256: wrong });
  t.equal(error.code, 'image-corrupt');
  t.match(
    error.message,
    `${server.url}/disk.qcow2: the file has sha256:${hexDigest('sha256', images.qcow2)}, expected sha256:${wrong}`,
  );
  const second = await refused(t, bench, {
    url: `${server.url}/disk.qcow2`,
    sha256: hexDigest('sha256', images.qcow2),
    sha512: '1'.repeat(128),
    insecure: true,
  });
  t.match(
    second.message,
    `expected sha512:${'1'.repeat(128)}`,
    'where both are given both count, and insecure changes nothing',
  );
});

void tap.test('a recipe without a digest, or with half of one, asks for nothing', async (t) => {
  const bench = await openBench(t);
  const url = `${bench.server.url}/disk.qcow2`;
  t.match(await refused(t, bench, { url }), {
    code: 'config-invalid',
    message: /has neither sha256 nor sha512/,
    exitCode: 2,
  });
  t.match(await refused(t, bench, { url, sha256: 'a'.repeat(63) }), {
    code: 'config-invalid',
    message: /63 hex digits instead of 64/,
  });
  t.match(await refused(t, bench, { url: 'ftp://me:secret@host/a', insecure: true }), {
    code: 'config-invalid',
    message: 'image test: url: "ftp://***@host/a" is no address of a file that can be fetched',
  });
  t.strictSame(bench.server.requests, []);
});

void tap.test('a list that has no digest of the file is named', async (t) => {
  const bench = await openBench(t, {
    '/SHA256SUMS': `${'0'.repeat(64)}  other.qcow2\n`,
    '/huge': Buffer.alloc(5 * 1024 * 1024, 'a'),
  });
  const { url } = bench.server;
  const absent = await refused(t, bench, { url: `${url}/disk.qcow2`, sha256: `${url}/SHA256SUMS` });
  t.match(absent, { code: 'image-corrupt', message: /SHA256SUMS has no sha256 digest of disk\.qcow2/ });
  t.match(await refused(t, bench, { url: `${url}/disk.qcow2`, sha256: `${url}/huge` }), {
    code: 'image-corrupt',
    message: /no list of digests/,
  });
  t.match(await refused(t, bench, { url: `${url}/disk.qcow2`, sha256: `${url}/none` }), {
    message: /\/none: the server answered 404/,
  });
  t.notOk(bench.server.requests.includes('/disk.qcow2'), 'the image was not asked for');
});

void tap.test('what the server answers is told with its status and the url', async (t) => {
  const status = (code: number) => (_: unknown, response: ServerResponse) =>
    void response.writeHead(code).end('<html>no');
  const bench = await openBench(t, { '/401': status(401), '/403': status(403), '/500': status(500) });
  const { url, requests } = bench.server;
  t.match(await refused(t, bench, { url: `${url}/404`, insecure: true }), {
    code: 'image-download-failed',
    message: `image test: ${url}/404: the server answered 404 Not Found`,
    hint: /correct the url/,
  });
  t.match(await refused(t, bench, { url: `${url}/403`, insecure: true }), {
    message: /403 Forbidden/,
    hint: /user name and password/,
  });
  t.match(await refused(t, bench, { url: `${url}/401`, insecure: true }), { message: /401 Unauthorized/ });
  t.strictSame(requests, ['/404', '/403', '/401'], 'none of these is tried again');
  requests.length = 0;
  t.match(await refused(t, bench, { url: `${url}/500`, insecure: true }), {
    code: 'image-download-failed',
    message: /500 Internal Server Error/,
  });
  t.equal(requests.length, 4, 'three more attempts');
});

void tap.test('a server that is ill for a moment is asked again', async (t) => {
  const bench = await openBench(t);
  const { server, images, events } = bench;
  let attempts = 0;
  server.resources['/ill'] = (request, response) => {
    attempts += 1;
    if (attempts === 1) return void response.writeHead(503).end();
    if (attempts === 2) return void request.socket.destroy();
    response.writeHead(200, { 'content-length': images.qcow2.length });
    if (attempts === 3) return void response.write(images.qcow2.subarray(0, 90_000), () => request.socket.destroy());
    response.end(images.qcow2);
  };
  const build = await bench.get({ url: `${server.url}/ill`, sha256: hexDigest('sha256', images.qcow2) });
  t.ok(images.qcow2.equals(await readFile(build.path)));
  const warnings = events.filter((event) => event.type === 'warning').map(({ message }) => message);
  t.match(warnings, [
    /503 Service Unavailable; trying again in 0.001 s/,
    /broke off;/,
    /broke off after \d+ of \d+ bytes;/,
  ]);
});

void tap.test('a server that asks for patience gets it, if it does not ask for much', async (t) => {
  const bench = await openBench(t);
  const { server, images, events } = bench;
  const busy = (retryAfter: string) => {
    let asked = 0;
    server.resources['/busy'] = (_, response) => {
      asked += 1;
      if (asked > 1) return void response.end(images.qcow2);
      response.writeHead(429, { 'retry-after': retryAfter }).end();
    };
  };
  const recipe = { url: `${server.url}/busy`, sha256: hexDigest('sha256', images.qcow2) };
  busy('1');
  t.ok(await bench.get(recipe));
  t.match(
    events.find(({ type }) => type === 'warning'),
    { message: /429 Too Many Requests; trying again in 1 s/ },
  );
  busy('3600');
  t.match(await refused(t, bench, { ...recipe, sha512: '1'.repeat(128) }), {
    code: 'image-download-failed',
    message: /429 Too Many Requests$/,
  });
  busy(new Date(Date.now() + 3_600_000).toUTCString());
  t.match(await refused(t, bench, { ...recipe, sha512: '2'.repeat(128) }), { message: /429 Too Many Requests$/ });
});

void tap.test('a server that comes up in a moment is waited for', async (t) => {
  const bench = await openBench(t);
  const { server, images, events } = bench;
  const { port } = server;
  await server.close();
  const late = createHttpServer((_, response) => void response.end(images.qcow2));
  t.teardown(() => late.close());
  const get = bench.get(
    { url: `http://127.0.0.1:${port}/disk.qcow2`, sha256: hexDigest('sha256', images.qcow2) },
    { retryDelays: [1, 1, 1000] },
  );
  while (!events.some(({ type }) => type === 'warning')) await new Promise((resolve) => setTimeout(resolve, 1));
  late.listen(port, '127.0.0.1');
  t.ok(await get);
  t.match(
    events.find(({ type }) => type === 'warning'),
    { message: /refuses the connection; trying again/ },
  );
});

void tap.test('a body that ends early is an error with the bytes that came', async (t) => {
  const bench = await openBench(t);
  const { server, images } = bench;
  server.resources['/short'] = (_, response) => {
    response.writeHead(200, { 'content-length': images.qcow2.length });
    response.write(images.qcow2.subarray(0, 100_000), () => response.destroy());
  };
  const error = await refused(t, bench, { url: `${server.url}/short`, insecure: true });
  t.match(error, { code: 'image-download-failed', message: /broke off after \d+ of \d+ bytes/ });
  server.resources['/short.xz'] = server.resources['/short'];
  server.resources['/cut.xz'] = (await compress(bench, 'xz')).subarray(0, 50_000);
  server.resources['/cut.zst'] = (await compress(bench, 'zstd')).subarray(0, 50_000);
  server.resources['/cut.gz'] = gzipSync(images.qcow2).subarray(0, 50_000);
  for (const name of ['cut.xz', 'cut.zst', 'cut.gz']) {
    const cut = await refused(t, bench, { url: `${server.url}/${name}`, insecure: true });
    t.match(cut, { code: 'image-corrupt', message: /the file cannot be decompressed: (xz|zstd|gz): \S/ }, name);
  }
});

void tap.test('a transfer that breaks off under a decompressor is told as that', async (t) => {
  const bench = await openBench(t);
  for (const [program, name] of [
    ['xz', 'short.xz'],
    ['zstd', 'short.zst'],
  ] as const) {
    const whole = await compress(bench, program);
    bench.server.resources[`/${name}`] = (_, response) => {
      response.writeHead(200, { 'content-length': whole.length });
      response.write(whole.subarray(0, 50_000), () => response.destroy());
    };
    const error = await refused(t, bench, { url: `${bench.server.url}/${name}`, insecure: true });
    t.match(error, { code: 'image-download-failed', message: /broke off after \d+ of/ }, name);
  }
});

void tap.test('damaged compressed data is told in the decompressor’s words', async (t) => {
  const bench = await openBench(t);
  for (const [program, name] of [
    ['xz', 'bad.xz'],
    ['zstd', 'bad.zst'],
    ['gzip', 'bad.gz'],
  ] as const) {
    const bytes = program === 'gzip' ? gzipSync(bench.images.qcow2) : await compress(bench, program);
    bytes.fill(0x55, 400_000, 400_200);
    bench.server.resources[`/${name}`] = bytes;
    const error = await refused(t, bench, { url: `${bench.server.url}/${name}`, insecure: true });
    t.match(
      error,
      { code: 'image-corrupt', message: /the file cannot be decompressed: (xz|zstd|gz): \S/ },
      error.message,
    );
  }
});

void tap.test('a decompressor that is not installed is named', async (t) => {
  const bench = await openBench(t);
  bench.server.resources['/a.xz'] = await compress(bench, 'xz');
  const { PATH } = process.env;
  process.env['PATH'] = '/nonexistent';
  t.teardown(() => (process.env['PATH'] = PATH));
  const error = await refused(t, bench, { url: `${bench.server.url}/a.xz`, insecure: true });
  t.match(error, { code: 'program-missing', message: /xz cannot be started/, hint: /install xz/ });
});

void tap.test('a web page, another format and a qcow2 that leans on a file are refused', async (t) => {
  const bench = await openBench(t, {
    '/page.qcow2': `<!DOCTYPE html><html><head><title>Welcome to Hotel WiFi</title>${' '.repeat(90_000)}`,
    '/text': 'moved, ask Bob\n',
  });
  const { url, resources } = bench.server;
  const page = await refused(t, bench, { url: `${url}/page.qcow2`, sha256: '0'.repeat(64) });
  t.match(page, {
    code: 'image-corrupt',
    message: /the server sent a web page instead of an image: "Welcome to Hotel WiFi"/,
  });
  t.match(await refused(t, bench, { url: `${url}/text`, insecure: true }), {
    code: 'image-corrupt',
    message: /a text/,
  });
  t.match(await refused(t, bench, { url: `${url}/disk.raw`, insecure: true, format: 'qcow2' }), {
    message: /is raw, the recipe says qcow2/,
  });
  const backed = join(bench.directory, 'backed.qcow2');
  await runProgram('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', '/etc/passwd', '-F', 'raw', backed, '1M']);
  resources['/backed.qcow2'] = await readFile(backed);
  t.match(await refused(t, bench, { url: `${url}/backed.qcow2`, insecure: true }), {
    code: 'image-corrupt',
    message: /a backing file and is refused/,
  });
  const broken = Buffer.from(bench.images.qcow2);
  broken.writeUInt32BE(99, 20); // cluster_bits
  resources['/broken.qcow2'] = broken;
  t.match(await refused(t, bench, { url: `${url}/broken.qcow2`, insecure: true }), {
    code: 'image-corrupt',
    message: /qemu cannot read the image/,
  });
});

void tap.test('an image that no digest vouches for must be whole, and no other format at its end', async (t) => {
  const bench = await openBench(t);
  const { url, resources } = bench.server;
  resources['/cut.qcow2'] = bench.images.qcow2.subarray(0, bench.images.qcow2.length - 300_000);
  const cut = await refused(t, bench, { url: `${url}/cut.qcow2`, insecure: true });
  t.match(cut, { code: 'image-corrupt', message: /cut\.qcow2: the image is damaged or cut off: qemu-img/ });
  const fixed = join(bench.directory, 'fixed.vhd');
  const options = ['-f', 'raw', '-O', 'vpc', '-o', 'subformat=fixed'];
  await runProgram('qemu-img', ['convert', ...options, join(bench.directory, 'disk.raw'), fixed]);
  resources['/fixed.raw'] = await readFile(fixed);
  t.match(await refused(t, bench, { url: `${url}/fixed.raw`, insecure: true }), {
    code: 'image-corrupt',
    message: /a VHD image of fixed size/,
    hint: /qemu-img convert -f vpc/,
  });
});

void tap.test('any of the digests that a list has for a file may be right, of the folder where it is', async (t) => {
  const bench = await openBench(t);
  const { server, images } = bench;
  const right = hexDigest('sha256', images.qcow2);
  const wrong = '0'.repeat(64);
  server.resources['/arm/disk.qcow2'] = images.qcow2;
  server.resources['/SHA256SUMS'] = Buffer.from(
    `\uFEFF${wrong} *x86/disk.qcow2\n${right} *arm/disk.qcow2\n`,
    'utf16le',
  );
  server.resources['/TWO'] = `${wrong}  disk.qcow2\n${right}  disk.qcow2\n`;
  server.resources['/NONE'] = `${wrong}  disk.qcow2\n`;
  const get = (list: string) => ({ url: `${server.url}/arm/disk.qcow2`, sha256: `${server.url}/${list}` });
  t.equal((await bench.get(get('SHA256SUMS'))).format, 'qcow2');
  t.equal((await bench.get(get('TWO'))).format, 'qcow2');
  t.match(await refused(t, bench, get('NONE')), {
    code: 'image-corrupt',
    message: new RegExp(`expected sha256:${wrong}$`),
  });
});

void tap.test('compressed zeros without end are stopped at the limit', async (t) => {
  const bench = await openBench(t, { '/bomb.raw.gz': gzipSync(Buffer.alloc(16 * 1024 * 1024)) });
  const recipe = { url: `${bench.server.url}/bomb.raw.gz`, insecure: true };
  const error = await refused(t, bench, recipe, { maxBytes: 8 * 1024 * 1024 });
  t.match(error, { code: 'image-corrupt', message: /more than 8388608 bytes when decompressed/ });
  t.equal((await bench.get(recipe)).virtualSize, 16 * 1024 * 1024, 'below the limit it is an image');
});

void tap.test('a failure here does not wait for a server that has gone silent', async (t) => {
  const bench = await openBench(t);
  // Few bytes that become many, but enough of them to fill every buffer on the way.
  const sparse = Buffer.alloc(16 * 1024 * 1024);
  for (let at = 4096; at < sparse.length; at += 4096) randomFillSync(sparse, at, 16);
  await writeFile(join(bench.directory, 'sparse'), sparse);
  await runProgram('xz', ['-0', join(bench.directory, 'sparse')]);
  const silent = {
    'stalled.xz': await readFile(join(bench.directory, 'sparse.xz')),
    'stalled.gz': gzipSync(sparse),
    stalled: sparse,
  };
  for (const [name, bytes] of Object.entries(silent)) {
    const closed = new Promise((resolve) => {
      bench.server.resources[`/${name}`] = (_, response) => {
        response.on('close', resolve).writeHead(200, { 'content-length': bytes.length + 1 });
        response.write(name === 'stalled' ? bytes : bytes.subarray(0, -20));
      };
    });
    const error = await refused(
      t,
      bench,
      { url: `${bench.server.url}/${name}`, insecure: true, format: 'raw' },
      { maxBytes: 100_000 },
    );
    t.match(error, { code: 'image-corrupt', message: /more than 100000 bytes/ }, name);
    await closed;
  }
});

void tap.test('an address that leads nowhere is told by its host', async (t) => {
  const bench = await openBench(t);
  const none = await refused(t, bench, { url: 'http://127.0.0.1:9/a', insecure: true });
  t.match(none, { code: 'image-download-failed', message: /127\.0\.0\.1:9 refuses the connection/ });
  const unknown = await refused(t, bench, { url: 'http://nothing.invalid/a', insecure: true });
  t.match(unknown, { code: 'image-download-failed', message: /no address is known for nothing\.invalid/ });
});

void tap.test('user name and password go to the server, and nowhere else', async (t) => {
  const seen: (string | undefined)[] = [];
  const bench = await openBench(t);
  const elsewhere = await startImageServer();
  t.teardown(() => elsewhere.close());
  elsewhere.resources['/disk.qcow2'] = (request, response) => {
    seen.push(request.headers.authorization);
    response.end(bench.images.qcow2);
  };
  bench.server.resources['/private'] = (request, response) => {
    seen.push(request.headers.authorization);
    response.writeHead(302, { location: `${elsewhere.url}/disk.qcow2` }).end();
  };
  const url = bench.server.url.replace('//', '//me:se%40cret@');
  await bench.get({ url: `${url}/private`, insecure: true });
  t.strictSame(seen, [`Basic ${Buffer.from('me:se@cret').toString('base64')}`, undefined]);
  const error = await refused(t, bench, { url: `${url}/none`, sha256: `${url}/sums` });
  t.match(error.message, `${bench.server.url.replace('//', '//***@')}/sums: the server answered 404`);
  const said = JSON.stringify([error, error.message, error.stack, error.cause, bench.events]);
  const stored = await runProgram('grep', ['-rl', 'cret', bench.root]).catch(() => ({ stdout: '' }));
  t.notMatch(said + stored.stdout, /cret|me:/);
});

void tap.test('progress comes at most every 100 ms', async (t) => {
  const bench = await openBench(t);
  const { server, events } = bench;
  const bytes = Buffer.alloc(1024 * 1024);
  server.resources['/slow.raw'] = (_, response) => {
    response.writeHead(200, { 'content-length': bytes.length });
    let sent = 0;
    const timer = setInterval(() => {
      response.write(bytes.subarray(sent, sent + 32_768));
      sent += 32_768;
      if (sent < bytes.length) return;
      clearInterval(timer);
      response.end();
    }, 10);
  };
  const started = performance.now();
  await bench.get({ url: `${server.url}/slow.raw`, insecure: true });
  const most = (performance.now() - started) / 100 + 1;
  const progress = events.filter((event) => event.type === 'image-progress');
  t.ok(progress.length >= 2 && progress.length <= most, `${progress.length} events, at most ${most}`);
  t.match(progress.at(-1), { slot: 'test', total: bytes.length });
  t.strictSame([events[0]?.type, events.at(-1)?.type], ['image-start', 'image-ready']);
});

void tap.test('an interruption in the middle of a transfer leaves nothing, at once', async (t) => {
  const bench = await openBench(t);
  const { server } = bench;
  const compressed = await compress(bench, 'xz');
  for (const name of ['stalled.xz', 'stalled']) {
    const controller = new AbortController();
    server.resources[`/${name}`] = (_, response) => {
      response.writeHead(200, { 'content-length': compressed.length });
      const part = name === 'stalled' ? bench.images.qcow2 : compressed;
      response.write(part.subarray(0, 100_000), () => controller.abort());
    };
    const recipe = { url: `${server.url}/${name}`, insecure: true };
    const error = await refused(t, bench, recipe, { signal: controller.signal });
    t.match(error, { code: 'cancelled', message: 'image test: interrupted' });
  }
  const pause = new AbortController();
  server.resources['/ill'] = (_, response) => {
    response.writeHead(500).end();
    setTimeout(() => pause.abort(), 20);
  };
  const recipes = { test: { image_download: { url: `${server.url}/ill`, insecure: true } } };
  const options = { recipes, root: bench.root, emit: () => undefined, signal: pause.signal, retryDelays: [60_000] };
  t.match(await virtbsFailure(readyImage({ slot: 'test', tag: 'default' }, options)), { code: 'cancelled' });
});
