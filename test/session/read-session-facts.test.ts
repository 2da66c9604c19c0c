import { symlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { readSessionFacts } from '../../src/session/read-session-facts.js';
import { run } from '../e2e/run-virtbs.js';

type Facts = Awaited<ReturnType<typeof readSessionFacts>>;

const MODULE = fileURLToPath(new URL('../../src/session/read-session-facts.js', import.meta.url));

/** What a process sees that is started by the command line. */
async function factsIn(...command: readonly string[]): Promise<Facts> {
  const script = `import(${JSON.stringify(MODULE)}).then(async (m) => console.log(JSON.stringify(await m.readSessionFacts({}))))`;
  const { stdout } = await run('/', [...command, process.execPath, '-e', script]);
  return JSON.parse(stdout.slice(stdout.indexOf('{'))) as Facts;
}

t.test('processes of one session have its leader in common; a new session has another', async (t) => {
  const facts = await readSessionFacts({});
  t.match(facts, { host: hostname(), leader: { pid: Number, start: /^\d+$/, boot: /^[0-9a-f]{8}$/ } });
  t.strictSame((await factsIn('env')).leader, facts.leader);
  t.not((await factsIn('setsid', '-w')).leader.start, facts.leader.start);
});

t.test('the terminal is the controlling one, whatever the streams are', async (t) => {
  const script = `import(${JSON.stringify(MODULE)}).then(async (m) => console.log(JSON.stringify(await m.readSessionFacts({}))))`;
  const line = `tty; ${process.execPath} -e '${script}' </dev/null | cat`;
  const { stdout } = await run('/', ['script', '-qec', line, '/dev/null']);
  const [terminal = '', facts = ''] = stdout.split(/\r?\n/);
  t.equal(`/dev/${(JSON.parse(facts) as Facts).tty ?? 'none'}`, terminal);
  t.equal((await factsIn('setsid', '-w')).tty, null);
});

t.test('the one who calls sudo counts, though sudo leads a session of its own', async (t) => {
  t.equal((await readSessionFacts({ SUDO_USER: 'alice' })).user, 'alice');
  const sudo = join(t.testdir(), 'sudo');
  await symlink('/bin/bash', sudo);
  const { leader } = await factsIn('setsid', '-w', sudo, '-c', '"$@"; true', 'sh');
  t.strictSame(leader, (await readSessionFacts({})).leader);
});
