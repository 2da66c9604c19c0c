import { request } from 'node:http';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import t from 'tap';
import { servePages } from '../../../src/ci/page/serve-pages.js';

const folder = t.testdir({
  'secret.txt': 'secret',
  logs: {
    'index.html': '<p>',
    'style.css': 'a',
    'refresh.js': 'b',
    '.hidden': 'c',
    'icon.svg': '<svg/>',
    views: { 1: { '0a1b.html': '<p>' } },
    1: {
      ...{ 'index.html': '<i>', 'job.log': 'said' },
      vm: { 'evil.html': '<script>', 'evil.js': 'x', 'x.log.view.html': '<script>', 'index.html': '<script>' },
    },
  },
});
const logs = join(folder, 'logs');
await symlink(join(folder, 'secret.txt'), join(logs, '1', 'link.log'));
await symlink(folder, join(logs, '1', 'up'));
await writeFile(join(logs, '1', 'large.log.gz'), gzipSync('large'));
const server = await servePages(logs, 0);
t.teardown(() => server[Symbol.asyncDispose]());

async function get(path: string, options: { readonly method?: string; readonly host?: string } = {}) {
  const { port } = new URL(server.url);
  const { method = 'GET', host = `127.0.0.1:${port}` } = options;
  // As it is: the parser of addresses would take the dots away.
  return await new Promise<{ status: number | undefined; headers: NodeJS.Dict<string | string[]>; body: Buffer }>(
    (resolve, reject) => {
      const call = request({ port, host: '127.0.0.1', path, method, headers: { host } }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () =>
          resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(chunks) }),
        );
      });
      call.on('error', reject).end();
    },
  );
}

t.test('pages are pages, and all else that a run left is text', async (t) => {
  const kinds = [
    ['/', 'text/html'],
    ['/1/', 'text/html'],
    ['/style.css', 'text/css'],
    ['/refresh.js', 'text/javascript'],
    ['/1/job.log', 'text/plain'],
    ['/1/vm/evil.html', 'text/plain'],
    ['/1/vm/evil.js', 'text/plain'],
    ['/1/vm/x.log.view.html', 'text/plain'],
    ['/1/vm/', 'text/plain'],
    ['/views/1/0a1b.html', 'text/html'],
    ['/icon.svg', 'image/svg+xml'],
    ['/favicon.ico', 'image/svg+xml'],
  ] as const;
  for (const [path, kind] of kinds) {
    const { status, headers } = await get(path);
    t.equal(status, 200, path);
    t.match(headers['content-type'], kind);
    t.equal(headers['x-content-type-options'], 'nosniff');
    t.match(headers['content-security-policy'], "default-src 'none'");
  }
  const { headers, body } = await get('/1/large.log.gz');
  t.match(headers, { 'content-encoding': 'gzip', 'content-type': /^text\/plain/ });
  t.equal(gunzipSync(body).toString(), 'large');
});

t.test('nothing outside of the folder is served, nothing hidden, and nobody else is answered', async (t) => {
  for (const path of [
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/1/link.log',
    '/1/up/secret.txt',
    '/.hidden',
    '/1',
    '/%',
    '/1/a%00',
    '/nothing',
  ]) {
    t.equal((await get(path)).status, 404, path);
  }
  t.equal((await get('/', { method: 'POST' })).status, 405);
  t.equal((await get('/', { host: 'evil.example' })).status, 421);
  t.strictSame((await get('/1/job.log', { method: 'HEAD' })).body.length, 0);
});
