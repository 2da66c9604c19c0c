import { spawn } from 'node:child_process';
import { once } from 'node:events';
import t from 'tap';
import { isRunning, readBoot, readProcess } from '../../src/session/read-process.js';
import { isSessionGone } from '../../src/session/is-session-gone.js';
import { readSessionFacts } from '../../src/session/read-session-facts.js';
import { recognizeSession } from '../../src/session/recognize-session.js';

t.test('a process is known by its number, its start and the boot', async (t) => {
  const { pid } = process;
  const start = (await readProcess(pid))?.start ?? '';
  const boot = await readBoot();
  t.equal(await isRunning({ pid, start, boot }), true);
  t.equal(await isRunning({ pid, start: `${start}1`, boot }), false, 'a number is used again');
  t.equal(await isRunning({ pid, start, boot: 'another' }), false, 'a host boots again');
  t.equal(await isRunning({ pid: 0, start: '0', boot }), null, 'it is outside of this container');
});

t.test('a session ends with its shell; one elsewhere, or of a CI system, is not said to have ended', async (t) => {
  const shell = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' });
  t.teardown(() => shell.kill('SIGKILL'));
  const facts = await readSessionFacts({});
  const start = (await readProcess(shell.pid ?? 0))?.start ?? '';
  const leader = { pid: shell.pid ?? 0, start, boot: await readBoot() };
  const session = recognizeSession({}, { ...facts, tty: 'pts/1', leader });
  t.equal(await isSessionGone(session), false);
  shell.kill('SIGKILL');
  await once(shell, 'exit');
  t.equal(await isSessionGone(session), true);
  t.equal(await isSessionGone({ ...session, host: 'elsewhere' }), false);
  t.equal(await isSessionGone({ ...session, kind: 'jenkins' }), false);
});
