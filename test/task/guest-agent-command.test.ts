import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { sshCall } from '../../src/guest/ssh-call.js';
import { runProgram } from '../../src/process/run-program.js';
import { guestAgentCommand } from '../../src/task/guest-agent-command.js';
import { openNodeAgent, type NodeAgent } from '../../src/task/node-agent.js';
import { startScript } from '../../src/task/start-script.js';
import { noSshd, startGuests } from '../guest/local-sshd.js';
import { taskOf } from './task-of.js';

/** Starts a task of one line, and returns its end. */
async function run(agent: NodeAgent, action: string): Promise<unknown> {
  const request = { task: taskOf('line'), action, arguments: [], environment: {}, files: {}, takes: {}, provision: '' };
  return await agent.start('line', Buffer.from(startScript({ ...request, key: '{}' })));
}

t.test('a guest that hangs is noticed: with what is shipped within 30 s', { skip: noSshd }, async (t) => {
  const directory = t.testdir({});
  const guest = { sshConfig: join(directory, 'sshconf-bs1'), hostname: 'plain-60' };
  await startGuests(t, guest.sshConfig, { hostnames: ['plain-60'] });
  const { stdout } = await runProgram('ssh', ['-G', ...sshCall(guest, { connection: 'new' })]);
  const [, interval] = /^serveraliveinterval (\d+)$/m.exec(stdout) ?? [];
  const [, count] = /^serveralivecountmax (\d+)$/m.exec(stdout) ?? [];
  const seconds = Number(interval) * (Number(count) + 1);
  t.ok(seconds > 0 && seconds <= 30, `${seconds} s`);

  const command = guestAgentCommand(guest, ['-o', 'ServerAliveInterval=1']);
  const { signal } = new AbortController();
  const agent = await openNodeAgent(command, { node: 'plain-60', folder: join(directory, 'tasks'), signal });
  // Its ancestors, up to the server's process for this connection.
  const ancestors =
    'p=$PPID; while [ "$p" -gt 1 ]; do read -r name </proc/$p/comm; echo "$p $name"; while read -r key value; do [ "$key" != PPid: ] || p=$value; done </proc/$p/status; done';
  t.match(await run(agent, ancestors), { code: 0 });
  const log = (await agent.read('line', 'log', { from: 0, most: 100_000 })).toString();
  const server = Number(/^(\d+) sshd/m.exec(log)?.[1]);
  t.match(await readFile(`/proc/${server}/comm`, 'utf8'), /^sshd/);
  process.kill(server, 'SIGSTOP');
  t.teardown(() => process.kill(server, 'SIGKILL'));
  const waiting = run(agent, 'true');
  await t.rejects(waiting, { code: 'vm-failed' });
  t.match(await agent.lost, { message: /plain-60: .*(?:not responding|Timeout)/i });
  await agent[Symbol.asyncDispose]();
});
