import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { link, lstat, mkdir, readFile, readlink, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import tap from 'tap';
import { VirtbsError } from '../../src/errors.js';
import { lockFile } from '../../src/files/lock-file.js';

const { signal } = new AbortController();
const MODULE = new URL('../../src/files/lock-file.js', import.meta.url).href;

/** A process that takes the lock, says so, and holds it until it is ended. */
async function startHolder(path: string) {
  const program = `
    import { lockFile } from ${JSON.stringify(MODULE)};
    await lockFile(${JSON.stringify(path)}, { holder: 'cycle of slice 7', signal: new AbortController().signal });
    console.log('held');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child;
}

async function failure(attempt: Promise<unknown>): Promise<VirtbsError> {
  const error: unknown = await attempt.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof VirtbsError) return error;
  throw new Error('no VirtbsError was thrown', { cause: error });
}

void tap.test('two callers in one process exclude each other', async (t) => {
  const path = join(t.testdir(), 'locks', 'a.lock');
  const first = await lockFile(path, { holder: 'first', signal });
  const refused = await failure(lockFile(path, { holder: 'second', signal, timeout: 0 }));
  t.equal(refused.code, 'locked');
  t.match(refused.message, new RegExp(`${path} is locked by process ${process.pid}: first, since 20`));

  const waits: string[] = [];
  const order: string[] = [];
  const second = lockFile(path, { holder: 'second', signal, onWait: (holder) => waits.push(holder) }).then((lock) => {
    order.push('second has it');
    return lock;
  });
  while (waits.length === 0) await new Promise(setImmediate);
  order.push('first lets go');
  await first[Symbol.asyncDispose]();
  await (await second)[Symbol.asyncDispose]();
  t.strictSame(order, ['first lets go', 'second has it']);
  t.match(waits[0], /: first, since/);
  t.equal(await readFile(path, 'utf8'), '', 'the file stays and names nobody');
});

void tap.test('many callers get the lock one after another', async (t) => {
  const path = join(t.testdir(), 'a.lock');
  let inside = 0;
  let most = 0;
  const turn = async (number: number) => {
    await using _lock = await lockFile(path, { holder: `caller ${number}`, signal });
    most = Math.max(most, ++inside);
    await new Promise(setImmediate);
    inside -= 1;
  };
  await Promise.all(Array.from({ length: 6 }, (_, number) => turn(number)));
  t.equal(most, 1);
});

void tap.test('a lock dies with its process', async (t) => {
  const path = join(t.testdir(), 'a.lock');
  const child = await startHolder(path);
  t.teardown(() => child.kill('SIGKILL'));
  const refused = await failure(lockFile(path, { holder: 'me', signal, timeout: 130 }));
  t.match(refused.message, new RegExp(`locked by process ${child.pid}: cycle of slice 7, since`));

  const waiting = lockFile(path, { holder: 'me', signal, onWait: () => child.kill('SIGKILL') });
  await using _lock = await waiting;
  t.equal(child.killed, true, 'only the end of the holder let it in');
  t.match(await readFile(path, 'utf8'), new RegExp(`^process ${process.pid}: me, since`));
});

void tap.test('a signal ends the waiting at once', async (t) => {
  const path = join(t.testdir(), 'a.lock');
  await using _lock = await lockFile(path, { holder: 'first', signal });
  const controller = new AbortController();
  const refused = await failure(
    lockFile(path, { holder: 'b', signal: controller.signal, onWait: () => controller.abort() }),
  );
  t.equal(refused.code, 'cancelled');
  t.equal((await failure(lockFile(path, { holder: 'b', signal: controller.signal }))).code, 'cancelled');
});

void tap.test('a lock that is freed twice does not free the next holder’s', async (t) => {
  const path = join(t.testdir(), 'a.lock');
  const first = await lockFile(path, { holder: 'first', signal });
  await first[Symbol.asyncDispose]();
  await using _second = await lockFile(path, { holder: 'second', signal });
  await first[Symbol.asyncDispose]();
  t.equal((await failure(lockFile(path, { holder: 'third', signal, timeout: 0 }))).code, 'locked');
});

void tap.test('what is planted at the path is neither followed nor changed', async (t) => {
  const directory = t.testdir({ precious: 'keep me' });
  const precious = join(directory, 'precious');
  const path = join(directory, 'a.lock');

  await symlink(precious, path);
  const linked = await failure(lockFile(path, { holder: 'me', signal }));
  t.equal(linked.code, 'file-foreign');
  t.match(linked.message, /is a symbolic link/);
  t.equal(await readlink(path), precious);
  await unlink(path);

  await symlink(join(directory, 'nowhere'), path);
  t.equal((await failure(lockFile(path, { holder: 'me', signal }))).code, 'file-foreign');
  await t.rejects(lstat(join(directory, 'nowhere')), 'nothing was made at the end of the link');
  await unlink(path);

  await link(precious, path);
  t.match((await failure(lockFile(path, { holder: 'me', signal }))).message, /has a second name/);
  t.equal(await readFile(precious, 'utf8'), 'keep me');
  await unlink(path);

  await mkdir(path);
  t.equal((await failure(lockFile(path, { holder: 'me', signal }))).code, 'file-foreign');
});

void tap.test('a lock file that was removed is made anew, and is the lock from then on', async (t) => {
  const path = join(t.testdir(), 'a.lock');
  await using _first = await lockFile(path, { holder: 'first', signal });
  await unlink(path);
  await using _second = await lockFile(path, { holder: 'second', signal });
  t.match(await readFile(path, 'utf8'), /: second, since/, 'a new file, named anew');
});

void tap.test('a folder that cannot be made is named', async (t) => {
  const directory = t.testdir({ file: '' });
  const refused = await failure(lockFile(join(directory, 'file', 'a.lock'), { holder: 'me', signal }));
  t.equal(refused.code, 'file-unwritable');
  t.match(refused.message, /file\/a\.lock: cannot be opened/);
});

void tap.test('control characters that somebody wrote into the file do not reach the terminal', async (t) => {
  const path = join(t.testdir(), 'a.lock');
  await using _lock = await lockFile(path, { holder: 'x', signal });
  await writeFile(path, '\u001b[2Jevil\nsecond line');
  t.match((await failure(lockFile(path, { holder: 'me', signal, timeout: 0 }))).message, /locked by \[2Jevil$/);
});

void tap.test('those who share a lock keep out only who wants it alone', async (t) => {
  const path = join(t.testdir(), 'a.lock');
  const share = (holder: string) => lockFile(path, { holder, mode: 'shared', signal, timeout: 0 });
  const first = await share('first');
  const second = await share('second');
  const alone = { holder: 'third', signal, timeout: 0 };
  t.match((await failure(lockFile(path, alone))).message, /locked by process \d+: second, since/);
  await first[Symbol.asyncDispose]();
  t.match((await failure(lockFile(path, alone))).message, /second, since/, 'who still holds it is still named');
  await second[Symbol.asyncDispose]();
  {
    await using _lock = await lockFile(path, alone);
    t.match((await failure(share('fourth'))).message, /third, since/);
  }
  await (await share('fifth'))[Symbol.asyncDispose]();
  t.equal(await readFile(path, 'utf8'), '');
});
