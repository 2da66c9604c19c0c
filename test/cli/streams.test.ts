import { spawn } from 'node:child_process';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import t from 'tap';
import { packageDirectory } from '../../src/package-directory.js';
import { watchParent } from '../../src/process/watch-parent.js';
import { run } from '../e2e/run-virtbs.js';

const virtbs = `${process.execPath} ${join(await packageDirectory(), 'bin', 'virtbs')}`;

/** Runs a line of shell in which `virtbs` is the program; its stdout is the exit code that virtbs had. */
async function shell(cwd: string, line: string) {
  const named = `virtbs() { ${virtbs} "$@"; echo $? >&3; }; { ${line}; } 3>&1 >/dev/null`;
  return await run(cwd, ['timeout', '60', 'bash', '-c', named]);
}

const FULL = /^error: cannot write the result: no space left on device\nhint: [^\n]+\ncode: output-failed$/;

t.test('a result that cannot be written is one error, whatever the command is', async (t) => {
  const root = t.testdir({ slices: { 1: { logs: { 'plain-60.console.log': 'hello\n' } } } });
  for (const line of [
    'plan roles plain',
    'plan roles plain --json',
    '--help',
    'man',
    `--root ${root} log plain`,
    `--root ${root} log -f plain`,
  ]) {
    t.match(await shell('/', `virtbs ${line} >/dev/full`), { stdout: '1', stderr: FULL }, line);
  }
  const wrong = await shell('/', 'virtbs --json cycel >/dev/full');
  t.match(
    wrong,
    { stdout: '2', stderr: /unknown command[^]*\ncode: usage$/ },
    'what was wrong is told, not that nobody hears it',
  );
  t.equal((await shell('/', 'virtbs cycel 2>/dev/full')).stdout, '2', 'nobody hears it');
});

t.test('what only shows something ends when its reader goes away, also while it has nothing to say', async (t) => {
  const root = t.testdir({ slices: { 1: { logs: { 'plain-60.console.log': 'hello\n' } } } });
  for (const line of [
    `virtbs --root ${root} log -f plain | head -1`,
    `virtbs --root ${root} log -f plain | true`,
    'virtbs --connect test:///default top --interval 50ms | head -1',
    'virtbs --connect test:///default top --interval 1000000 --json | true',
  ]) {
    t.match(await shell('/', line), { stdout: '141', stderr: '' }, line);
  }
});

t.test('run ends when its reader goes away, and the programs that it started with it', async (t) => {
  const directory = t.testdir({ bin: {}, 'sshconf-bs1': 'Host plain-60 bs1-plain-60\n  HostName 192.0.2.1\n' });
  const ssh = join(directory, 'bin', 'ssh');
  await appendFile(ssh, '#!/bin/sh\necho "$$" >"$PIDS"\nexec yes\n', { mode: 0o755 });
  const ending = await shell(
    directory,
    'export PATH="$PWD/bin:$PATH" PIDS="$PWD/pid"; virtbs --root "$PWD" run -- yes | head -3; kill -0 "$(cat pid)" 2>&3 || true',
  );
  t.match(ending, { stdout: /^141/ });
  t.match(ending.stdout, /No such process/);
});

t.test('a reader that goes away does not stop a command that has an end', async (t) => {
  t.match(await shell('/', 'virtbs plan roles plain:100 | true'), { stdout: '0', stderr: '' });
  t.match(await shell('/', 'virtbs man | head -1'), { stdout: '0', stderr: '' });
  t.match(await shell('/', 'virtbs cycel 2>&1 >/dev/null | true'), { stdout: '2' });
});

t.test('a terminal that is closed ends a command in order', async (t) => {
  const root = t.testdir({ slices: { 1: { logs: { 'plain-60.console.log': 'hello\n' } } } });
  // The shell, which leads the session, outlives the terminal to tell; so nobody sends SIGHUP.
  const line = `trap '' HUP; ${virtbs} --root ${root} log -f plain; echo $? >&3`;
  const script = spawn('script', ['-qec', line, '/dev/null'], { stdio: ['pipe', 'pipe', 'ignore', 'pipe'] });
  const told = text(script.stdio[3] as NodeJS.ReadableStream);
  script.stdout?.on('data', () => script.kill('SIGKILL'));
  t.equal(await told, '141\n', 'and no abort of Node');
});

t.test('the end of the parent process is noticed, and init is nobody’s parent', async (t) => {
  const child = spawn('sleep', ['1000']);
  const kept = setInterval(() => undefined, 1000);
  t.teardown(() => clearInterval(kept));
  const parent = (): number => (child.exitCode === null && child.signalCode === null ? 4711 : 1);
  using _orphan = watchParent(
    () => t.fail('an orphan has no parent to lose'),
    () => 1,
  );
  await new Promise<void>((resolve) => {
    watchParent(resolve, parent);
    child.kill();
  });
  t.equal(child.signalCode, 'SIGTERM');
});
