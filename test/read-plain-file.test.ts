import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { readPlainFile } from '../src/read-plain-file.js';
import { packageDirectory } from '../src/package-directory.js';

const run = promisify(execFile);

t.test('a file is read, one byte more than wanted at most', async (t) => {
  const path = join(t.testdir({ file: '0123456789' }), 'file');
  t.equal(String(await readPlainFile(path, { most: 10 })), '0123456789');
  t.equal(String(await readPlainFile(path, { most: 4 })), '01234');
  t.equal((await readPlainFile('/dev/zero', { most: 1000 })).length, 1001);
  t.equal((await readPlainFile('/dev/null', { most: 1000 })).length, 0);
});

t.test('what is no file is refused at once', async (t) => {
  const directory = t.testdir({ folder: {} });
  const path = (name: string): string => join(directory, name);
  await run('mkfifo', [path('pipe')]);
  await symlink('pipe', path('link'));
  // The path of a socket has at most 107 bytes, and a folder of this test may have more.
  const short = await mkdtemp(join(tmpdir(), 'virtbs-'));
  t.teardown(() => rm(short, { recursive: true }));
  const socket = join(short, 'socket');
  const server = createServer().listen(socket);
  await once(server, 'listening');
  t.teardown(() => server.close());
  for (const name of ['pipe', 'link']) {
    await t.rejects(readPlainFile(path(name), { most: 10 }), { message: 'this is a named pipe, not a file' });
  }
  await t.rejects(readPlainFile(socket, { most: 10 }), { code: 'ENXIO' });
  await t.rejects(readPlainFile(path('folder'), { most: 10 }), { code: 'EISDIR' });
  await t.rejects(readPlainFile(path('nothing'), { most: 10 }), { code: 'ENOENT' });
});

t.test('a named pipe as a configuration is an error, and a pipe of the shell is read until a signal', async (t) => {
  const directory = t.testdir({ more: 'topology: { layers: [roles], roles: { plain: 1 } }\n' });
  const program = join(await packageDirectory(), 'bin', 'virtbs');
  await run('mkfifo', [join(directory, 'pipe')]);
  const refused = run(process.execPath, [program, '-c', 'pipe', 'config'], { cwd: directory, timeout: 60_000 });
  await t.rejects(refused, { code: 2, stderr: /pipe: cannot be read: this is a named pipe, not a file/ });
  const line = `cat more | "$0" "$1" -c /dev/stdin -c <(echo 'topology: { roles: { plain: 2 } }') plan`;
  const { stdout } = await run('bash', ['-c', line, process.execPath, program], { cwd: directory, timeout: 60_000 });
  t.match(stdout, /plain-61/);
  const endless = 'exec 3<>pipe; exec "$0" "$1" -c /dev/stdin config <&3';
  const waiting = spawn('bash', ['-c', endless, process.execPath, program], { cwd: directory, stdio: 'ignore' });
  const interval = setInterval(() => waiting.kill('SIGTERM'), 5000);
  const [code] = (await once(waiting, 'exit')) as [number | null];
  clearInterval(interval);
  t.equal(code, 130);
});
