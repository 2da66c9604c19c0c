import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import tap from 'tap';
import { packageDirectory } from '../../src/package-directory.js';
import { run } from '../e2e/run-virtbs.js';
import { startProxy } from '../http/proxy-server.js';
import { hexDigest } from './disk-images.js';
import { openBench, refused } from './download-bench.js';

void tap.test('an image and the list of its digest come through the proxy of the environment', async (t) => {
  const { server, images, directory, root } = await openBench(t);
  server.resources['/SUMS'] = `${hexDigest('sha256', images.qcow2)}  disk.qcow2\n`;
  const proxy = await startProxy(t, { login: 'me:secret' });
  const recipe = { url: `${server.url}/disk.qcow2`, sha256: `${server.url}/SUMS` };
  const db = { memory: 64, vcpu: 1, nets: ['net'], disks: { root: { size: '1GiB', image_slot: 'own' } } };
  const own = { image_flow: { own: { image_download: recipe } }, machine_matrix: { mine: { db } } };
  await writeFile(join(directory, 'own.json'), JSON.stringify(own));
  const virtbs = [process.execPath, join(await packageDirectory(), 'bin', 'virtbs'), '-v', '-c', 'own.json'];
  const runWith = async (login: string, ...args: readonly string[]) => {
    const variables = ['-u', 'no_proxy', '-u', 'NO_PROXY', `http_proxy=http://${login}@${proxy.host}`];
    return await run(directory, ['env', ...variables, ...virtbs, '--root', root, ...args]);
  };
  const cycle = ['--connect', 'test:///default', '-s', '1', 'cycle', 'roles,mine', 'db'];
  const failed = await runWith('me:other-secret', ...cycle);
  t.match(failed, { code: 1, stderr: /error: image own: .*the proxy .* does not take the password/ });
  t.notMatch(failed.stdout + failed.stderr, /secret/);
  proxy.requests.length = 0;
  const { code, stdout, stderr } = await runWith('me:secret', 'image', 'build', 'own');
  t.equal(code, 0, stderr);
  t.match(stdout, /^own {2}/);
  t.strictSame(proxy.requests, [`GET ${server.url}/SUMS`, `GET ${server.url}/disk.qcow2`]);
  t.notMatch(stdout + stderr, /secret/);
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    t.notOk((await readFile(join(entry.parentPath, entry.name))).includes('secret'), entry.name);
  }
});

void tap.test('where a download fails at the proxy that is named, with its variable', async (t) => {
  const bench = await openBench(t);
  const cases = [
    ['127.0.0.1:9', /refuses the connection/],
    [(await startProxy(t, { login: 'me:right' })).host, /does not take the password: 407/],
    [(await startProxy(t, { status: 502 })).host, /answered 502 Bad Gateway/],
  ] as const;
  for (const scheme of ['http', 'https'] as const) {
    const recipe = { url: `${scheme}://${new URL(bench.server.url).host}/disk.qcow2`, insecure: true };
    const variable = `${scheme}_proxy`;
    for (const [host, reason] of cases) {
      const error = await refused(t, bench, recipe, { environment: { [variable]: `http://me:secret@${host}` } });
      t.match(error, { code: 'image-download-failed', exitCode: 1, message: reason });
      t.ok(error.message.includes(`the proxy ${host} (${variable})`), error.message);
      t.notMatch(inspect(error, { depth: 9, showHidden: true }), /secret/);
    }
    const error = await refused(t, bench, recipe, { environment: { [variable]: 'http://me:se/cret@proxy:x' } });
    t.match(error, { code: 'image-download-failed', message: `${variable} holds no address of an HTTP proxy` });
    t.notMatch(inspect(error, { depth: 9, showHidden: true }), /cret/);
  }
  t.notMatch(inspect(bench.events, { depth: 9 }), /secret/);
  t.strictSame(bench.server.requests, []);
});
