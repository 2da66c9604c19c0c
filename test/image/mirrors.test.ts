import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import tap from 'tap';
import { hexDigest } from './disk-images.js';
import { openBench, refused } from './download-bench.js';

void tap.test('a mirror that fails leads to the next, with a warning', async (t) => {
  const bench = await openBench(t, {
    '/page/disk.qcow2': '<html><title>gone</title>',
    '/other/disk.qcow2': Buffer.alloc(512),
    '/500/disk.qcow2': (_, response) => void response.writeHead(500).end(),
  });
  const { server, images, events } = bench;
  const url = ['none', 'page', 'other', '500', '.'].map((folder) => `${server.url}/${folder}/disk.qcow2`);
  url.splice(4, 0, join(bench.directory, 'missing.qcow2'));
  server.resources['/disk.qcow2'] = images.qcow2;
  const { path } = await bench.get({ url, sha256: hexDigest('sha256', images.qcow2) });
  t.ok(images.qcow2.equals(await readFile(path)));
  const warnings = events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));
  const moved = warnings.filter((message) => message.includes('trying the next mirror'));
  t.match(moved, [
    /\/none\/disk\.qcow2: the server answered 404.*; trying the next mirror, http:.*\/page\/disk\.qcow2$/,
    /a web page instead of an image: "gone"; trying the next/,
    /the file has sha256:.*, expected sha256:.*; trying the next/s,
    /500 Internal Server Error; trying the next/,
    /missing\.qcow2 cannot be read: ENOENT/,
  ]);
  t.equal(server.requests.filter((asked) => asked.startsWith('/500')).length, 4, 'an ill one was asked again before');
  t.equal(server.requests.filter((asked) => asked.startsWith('/none')).length, 1, 'one without the file was not');
});

void tap.test('where no mirror has the image each is named with its cause', async (t) => {
  const bench = await openBench(t, { '/page/disk.qcow2': '<html>' });
  const { url } = bench.server;
  const mirrors = [`${url}/none/disk.qcow2`, `${url.replace('//', '//me:secret@')}/page/disk.qcow2`];
  const error = await refused(t, bench, { url: mirrors, insecure: true });
  t.equal(error.code, 'image-download-failed');
  t.match(error.message, /none of 2 mirrors has the image:\n {2}http.*\/none\/.*404 Not Found \(the file has moved/);
  t.match(error.message, /\n {2}http:\/\/\*\*\*@.*\/page\/disk\.qcow2: the server sent a web page/);
  t.notMatch(error.message, /secret/);
});

void tap.test('a list may name the file as any of its mirrors does', async (t) => {
  const bench = await openBench(t);
  const { server, images } = bench;
  server.resources['/SUMS'] = `${hexDigest('sha256', images.qcow2)}  disk.qcow2\n`;
  const url = [`${server.url}/latest.qcow2`, `${server.url}/disk.qcow2`];
  t.ok(await bench.get({ url, sha256: `${server.url}/SUMS` }));
});

void tap.test('what is wrong here is not looked for on the next mirror', async (t) => {
  const bench = await openBench(t);
  const { PATH } = process.env;
  t.teardown(() => (process.env['PATH'] = PATH));
  await writeFile(join(bench.directory, 'a.xz'), Buffer.from('fd377a585a0000', 'hex'));
  process.env['PATH'] = '/nonexistent';
  const url = [join(bench.directory, 'a.xz'), `${bench.server.url}/disk.qcow2`];
  t.match(await refused(t, bench, { url, insecure: true }), { code: 'program-missing', message: /xz/ });
  t.strictSame(bench.server.requests, []);
});
