import { chmod, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { getEventListeners, once } from 'node:events';
import t, { type Test } from 'tap';
import { watchFolder } from '../../src/files/watch-folder.js';
import { copyFiles } from '../../src/guest/copy-files.js';
import { forwardPort } from '../../src/guest/forward-port.js';
import type { Guest } from '../../src/guest/guest.js';
import { readGuestPath } from '../../src/guest/guest-path.js';
import { prepareSync } from '../../src/guest/sync-folder.js';
import { VirtbsError } from '../../src/errors.js';
import { runProgram } from '../../src/process/run-program.js';
import { noSshd, startGuests } from './local-sshd.js';

const skip = noSshd;
const { signal } = new AbortController();
const noRsync = await runProgram('rsync', ['--version']).then(
  () => false,
  (error: unknown) => error instanceof VirtbsError && 'needs rsync: bin/packages --install --for test',
);

/** A guest that is this machine, a folder with what is copied, and one to copy to. */
async function setUp(t: Test, { without = '' } = {}) {
  const folder = t.testdir({
    source: { one: '1', "it's": 'quoted', sub: { two: '2' }, '.git': { HEAD: 'ref' } },
    'target dir': {},
    bin: {},
  });
  const sshConfig = join(folder, "ssh conf's");
  const instead = join(folder, 'shell');
  // What a guest does not have is not found.
  const hide = without === '' ? '' : `command() { [ "$2" != ${without} ] || return 1; builtin command "$@"; }; `;
  await writeFile(instead, `#!/bin/bash\n${hide}eval "$SSH_ORIGINAL_COMMAND"\n`);
  await chmod(instead, 0o755);
  await startGuests(t, sshConfig, { hostnames: ['plain-60'], ...(without !== '' && { instead }) });
  const guest: Guest = { sshConfig, hostname: 'plain-60' };
  return { folder, guest, source: join(folder, 'source'), target: join(folder, "target dir/deep's") };
}

const options = { exclude: ['.git'], remove: false, asRoot: false, signal };

for (const by of ['rsync', 'tar'] as const) {
  const needs = by === 'rsync' ? skip || noRsync : skip;
  t.test(`a folder comes into a guest by ${by}, and its changes after it`, { skip: needs }, async (t) => {
    const { guest, source, target } = await setUp(t, by === 'tar' ? { without: 'rsync' } : {});
    const prepared = await prepareSync(guest, { ...options, source, target });
    t.equal(prepared.by, by);
    await prepared.sync();
    t.equal(await readFile(join(target, 'sub/two'), 'utf8'), '2');
    t.equal(await readFile(join(target, "it's"), 'utf8'), 'quoted');
    await t.rejects(stat(join(target, '.git')), { code: 'ENOENT' });
    await writeFile(join(source, 'one'), 'one');
    await rm(join(source, 'sub'), { recursive: true });
    await prepared.sync();
    t.equal(await readFile(join(target, 'one'), 'utf8'), 'one');
    t.equal(await readFile(join(target, 'sub/two'), 'utf8'), '2', 'nothing is removed unless it is asked for');
    const removing = prepareSync(guest, { ...options, source, target, remove: true });
    if (by === 'tar') {
      await t.rejects(removing, { code: 'usage', message: /--delete needs rsync/ });
      return;
    }
    await (await removing).sync();
    await t.rejects(stat(join(target, 'sub')), { code: 'ENOENT' });
  });
}

t.test('files go both ways, and one that is missing is an error with its name', { skip }, async (t) => {
  const { guest, folder, source } = await setUp(t);
  const [there, back] = [join(folder, 'there'), join(folder, 'back')];
  await copyFiles(guest, { from: [source], to: there, direction: 'to-guest', signal });
  t.equal(await readFile(join(there, 'sub/two'), 'utf8'), '2');
  await copyFiles(guest, { from: [join(there, "it's")], to: back, direction: 'from-guest', signal });
  t.equal(await readFile(back, 'utf8'), 'quoted');
  const missing = copyFiles(guest, { from: [join(folder, 'none')], to: there, direction: 'to-guest', signal });
  await t.rejects(missing, { code: 'vm-failed', message: /^plain-60: scp: [^]*none/ });
});

t.test('a port of a guest is reached by loopback until it is not forwarded any more', { skip }, async (t) => {
  const { guest } = await setUp(t);
  const server = createServer((_request, response) => response.end('hello from the guest'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const failures: string[] = [];
  let failed = (_reason: string): void => undefined;
  const onFailure = (reason: string): void => {
    failures.push(reason);
    failed(reason);
  };
  const { port } = server.address() as AddressInfo;
  const forwarded = await forwardPort(guest, { local: 0, remote: port, onFailure });
  const url = `http://127.0.0.1:${forwarded.local}/`;
  const answers = await Promise.all([1, 2].map(async () => await (await fetch(url)).text()));
  t.strictSame(answers, ['hello from the guest', 'hello from the guest']);
  await t.rejects(forwardPort(guest, { local: forwarded.local, remote: port, onFailure }), {
    code: 'address-in-use',
    hint: /0:plain-60/,
  });
  const held = connect(forwarded.local, '127.0.0.1');
  await once(held, 'connect');
  const closed = once(held, 'close');
  held.on('error', () => undefined);
  await forwarded[Symbol.asyncDispose]();
  await closed;
  await t.rejects(fetch(url), 'nobody listens there');
  t.strictSame(failures, []);

  const failure = new Promise<string>((resolve) => {
    failed = resolve;
  });
  await using nobody = await forwardPort(guest, { local: 0, remote: 9, onFailure });
  await t.rejects(fetch(`http://127.0.0.1:${nobody.local}/`));
  t.match(await failure, /refused|failed/i);
});

t.test('a watch tells of changes below the folder, new folders included, and ends with the signal', async (t) => {
  const folder = t.testdir({ sub: { file: '1' } });
  await using watch = await watchFolder(folder);
  await writeFile(join(folder, 'sub/file'), '2');
  t.equal(await watch.next(signal), true);
  await mkdir(join(folder, 'new'));
  t.equal(await watch.next(signal), true);
  const before = getEventListeners(signal, 'abort').length;
  const next = watch.next(signal);
  await writeFile(join(folder, 'sub/file'), '3');
  t.equal(await next, true);
  t.equal(getEventListeners(signal, 'abort').length, before, 'a long watch gathers nothing');
  const end = new AbortController();
  const last = watch.next(end.signal);
  end.abort();
  t.equal(await last, false);
  await t.rejects(watchFolder(join(folder, 'none')), { code: 'file-unreadable' });
});

t.test('a path of a guest has a name before its colon', async (t) => {
  t.strictSame(readGuestPath('worker:/opt/a:b'), { vm: 'worker', path: '/opt/a:b' });
  t.strictSame(readGuestPath('worker:'), { vm: 'worker', path: '' });
  t.strictSame(readGuestPath('worker:~/src'), { vm: 'worker', path: 'src' }, 'a folder of the home, not one called ~');
  t.strictSame(readGuestPath('worker:~'), { vm: 'worker', path: '' });
  t.strictSame(readGuestPath('worker:~me/src'), { vm: 'worker', path: '~me/src' });
  for (const word of ['./a:b', '/a:b', 'a', ':a']) t.equal(readGuestPath(word), null);
});
