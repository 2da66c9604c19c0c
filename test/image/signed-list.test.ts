import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tap, { type Test } from 'tap';
import { runProgram } from '../../src/process/run-program.js';
import { runLine } from '../cli/run-line.js';
import type { Ending } from '../e2e/run-virtbs.js';
import { hexDigest } from './disk-images.js';
import { openBench, refused, type Bench } from './download-bench.js';
import { listTree } from './list-tree.js';

interface Signer {
  /** Runs gpg with the signer's keys and no others. */
  readonly gpg: (...args: readonly string[]) => Promise<void>;
  /** The signer's public key, binary and armoured. */
  readonly keyring: string;
  readonly armoured: string;
}

/** Someone with a key of gpg's making; `period` is how long that is good. */
async function makeSigner(
  t: Test,
  bench: Bench,
  { name, period = '0' }: { name: string; period?: string },
): Promise<Signer> {
  // The path of the agent's socket must be short.
  const home = await mkdtemp(join(tmpdir(), 'virtbs-gpg-'));
  t.teardown(async () => {
    await runProgram('gpgconf', ['--homedir', home, '--kill', 'gpg-agent']);
    await rm(home, { recursive: true, force: true });
  });
  const keyring = join(bench.directory, `${name}.gpg`);
  const armoured = join(bench.directory, `${name}.asc`);
  const gpg = async (...args: readonly string[]) => {
    await runProgram('gpg', ['--homedir', home, '--batch', '--quiet', '--passphrase', '', ...args]);
  };
  const past = ['--faked-system-time', '20200101T000000!'];
  await gpg(...(period === '0' ? [] : past), '--quick-generate-key', `${name}@example.org`, 'ed25519', 'sign', period);
  await gpg('--output', keyring, '--export');
  await gpg('--armor', '--output', armoured, '--export');
  return { gpg, keyring, armoured };
}

interface SignedBench extends Bench {
  readonly url: string;
  readonly list: string;
}

/** A server with a list of digests that is in a file, too, to be signed. */
async function openSignedBench(t: Test): Promise<SignedBench> {
  const bench = await openBench(t);
  const list = join(bench.directory, 'SHA256SUMS');
  await writeFile(list, `${hexDigest('sha256', bench.images.qcow2)}  disk.qcow2\n`);
  return { ...bench, url: `${bench.server.url}/disk.qcow2`, list };
}

const missing = await runProgram('gpg', ['--version']).then(
  () => false,
  () => 'needs gpg: bin/packages --install --for test',
);

void tap.test('a list with a signature beside it is good by a key of the keyring', { skip: missing }, async (t) => {
  const bench = await openSignedBench(t);
  const { url, list } = bench;
  const [signer, stranger] = [
    await makeSigner(t, bench, { name: 'signer' }),
    await makeSigner(t, bench, { name: 'stranger' }),
  ];
  await signer.gpg('--detach-sign', '--output', `${list}.gpg`, list);
  await signer.gpg('--detach-sign', '--armor', '--output', `${list}.asc`, list);
  for (const signature of [`${list}.gpg`, `${list}.asc`]) {
    for (const keyring of [signer.keyring, signer.armoured]) {
      t.ok(await bench.get({ url, sha256: list, signature, keyring }), `${signature} ${keyring}`);
    }
  }
  const recipe = { url, sha256: list, signature: `${list}.gpg` };
  const unknown = await refused(t, bench, { ...recipe, keyring: stranger.keyring });
  t.match(unknown, {
    code: 'image-corrupt',
    message: /is signed by key [0-9A-F]{16}, which the keyring does not have/,
  });
  t.match(unknown.hint, stranger.keyring);
  await writeFile(list, `${'0'.repeat(64)}  disk.qcow2\n`);
  // Another recipe, so that the image is wanted again.
  const again = { ...recipe, keyring: signer.keyring, format: 'qcow2' } as const;
  t.match(await refused(t, bench, again), {
    code: 'image-corrupt',
    message: /SHA256SUMS, signed by .*SHA256SUMS\.gpg: the signature is wrong/,
    hint: /do not trust/,
  });
  await writeFile(`${list}.gpg`, '<html>');
  t.match(await refused(t, bench, again), {
    message: /no signature that gpgv can read/,
  });
  t.match(await refused(t, bench, { ...again, signature: `${bench.server.url}/none` }), {
    message: /\/none: the server answered 404/,
  });
});

void tap.test(
  'image build takes what is signed, and nothing that was changed on the way',
  { skip: missing },
  async (t) => {
    const bench = await openSignedBench(t);
    const { list, server, directory, root } = bench;
    const signer = await makeSigner(t, bench, { name: 'signer' });
    await signer.gpg('--detach-sign', '--output', `${list}.gpg`, list);
    server.resources['/SHA256SUMS'] = await readFile(list);
    server.resources['/SHA256SUMS.gpg'] = await readFile(`${list}.gpg`);
    const recipe = {
      url: `${server.url}/disk.qcow2`,
      sha256: `${server.url}/SHA256SUMS`,
      signature: `${server.url}/SHA256SUMS.gpg`,
      keyring: signer.keyring,
    };
    const configuration = join(directory, 'signed.yaml');
    await writeFile(configuration, JSON.stringify({ image_flow: { signed: { image_download: recipe } } }));
    const virtbs = (...args: readonly string[]): Promise<Ending> =>
      runLine(['--root', root, '-c', configuration, ...args], { cwd: directory });
    t.match(await virtbs('image', 'build', 'signed'), { code: 0 });
    const before = await listTree(root);
    // An image that somebody has put in its place, with a list that fits it.
    const changed = Buffer.concat([bench.images.qcow2, Buffer.alloc(512)]);
    server.resources['/disk.qcow2'] = changed;
    t.match(await virtbs('image', 'build', '--renew', 'signed'), {
      code: 1,
      stderr: /disk\.qcow2: the file has sha256:\w+, expected sha256:/,
    });
    server.resources['/SHA256SUMS'] = `${hexDigest('sha256', changed)}  disk.qcow2\n`;
    t.match(await virtbs('image', 'build', '--renew', 'signed'), {
      code: 1,
      stderr: /SHA256SUMS, signed by .*SHA256SUMS\.gpg: the signature is wrong[^]*do not trust/,
    });
    t.strictSame(await listTree(root), before, 'the build that there was is untouched');
  },
);

void tap.test('a list that is signed in itself counts only as far as it is signed', { skip: missing }, async (t) => {
  const bench = await openSignedBench(t);
  const { url, list, server } = bench;
  const signer = await makeSigner(t, bench, { name: 'signer' });
  await signer.gpg('--clear-sign', '--output', `${list}.asc`, list);
  const { stdout: text } = await runProgram('cat', [`${list}.asc`]);
  const recipe = { url, sha256: `${server.url}/CHECKSUM`, keyring: signer.armoured };
  server.resources['/CHECKSUM'] = `${text}\n`;
  t.ok(await bench.get(recipe));
  // Another recipe, so that the image is wanted again.
  const again = { ...recipe, sha512: hexDigest('sha512', bench.images.qcow2) };
  const wrong = `${'0'.repeat(64)}  disk.qcow2\n`;
  server.resources['/CHECKSUM'] = `${wrong}${text}\n${wrong}`;
  t.ok(await bench.get(again), 'what stands around the signed text does not count');
  server.resources['/CHECKSUM'] = `${text.replace('disk.qcow2', 'disk.qcow3')}\n`;
  t.match(await refused(t, bench, { ...recipe, insecure: true }), { message: /CHECKSUM: the signature is wrong/ });
  server.resources['/CHECKSUM'] = wrong;
  t.match(await refused(t, bench, { ...recipe, insecure: true }), { message: /no signature that gpgv can read/ });
});

void tap.test('of several signatures one good is enough, and an old key is none', { skip: missing }, async (t) => {
  const bench = await openSignedBench(t);
  const { url, list } = bench;
  const [signer, other] = [
    await makeSigner(t, bench, { name: 'signer' }),
    await makeSigner(t, bench, { name: 'other' }),
  ];
  const old = await makeSigner(t, bench, { name: 'old', period: '1d' });
  await signer.gpg('--detach-sign', '--output', `${list}.1`, list);
  await other.gpg('--detach-sign', '--output', `${list}.2`, list);
  await old.gpg('--faked-system-time', '20200101T010000!', '--detach-sign', '--output', `${list}.old`, list);
  const { stdout: both } = await runProgram('sh', ['-c', `cat "$0.1" "$0.2" | base64`, list]);
  await writeFile(`${list}.both`, Buffer.from(both, 'base64'));
  t.ok(await bench.get({ url, sha256: list, signature: `${list}.both`, keyring: signer.keyring }));
  const expired = await refused(t, bench, { url, sha256: list, signature: `${list}.old`, keyring: old.keyring });
  t.match(expired, { message: /the key that signed it has expired/ });
});

void tap.test('a keyring that is none and a missing gpgv are told', { skip: missing }, async (t) => {
  const bench = await openSignedBench(t);
  const { url, list, directory } = bench;
  const signer = await makeSigner(t, bench, { name: 'signer' });
  await signer.gpg('--detach-sign', '--output', `${list}.gpg`, list);
  const recipe = { url, sha256: list, signature: `${list}.gpg` };
  t.match(await refused(t, bench, { ...recipe, keyring: join(directory, 'nothing') }), {
    code: 'file-unreadable',
    message: /keyring .*nothing cannot be read: ENOENT/,
  });
  await writeFile(join(directory, 'empty'), '');
  t.match(await refused(t, bench, { ...recipe, keyring: join(directory, 'empty') }), { message: /it has no keys/ });
  const { PATH } = process.env;
  process.env['PATH'] = '/nonexistent';
  const error = await refused(t, bench, { ...recipe, keyring: signer.keyring });
  process.env['PATH'] = PATH;
  t.match(error, { code: 'program-missing', message: /gpgv/, hint: /install/ });
});
