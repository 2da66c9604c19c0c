import { Readable } from 'node:stream';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { askAsRoot } from '../../src/guest/ask-as-root.js';
import { askGuest } from '../../src/guest/ask-guest.js';
import { commandLine } from '../../src/guest/command-line.js';
import { GUEST_LIMITS } from '../../src/guest/guest-limits.js';
import type { Guest } from '../../src/guest/guest.js';
import { runInGuest } from '../../src/guest/run-in-guest.js';
import { tryLogin } from '../../src/guest/try-login.js';
import { noSshd, startGuests } from './local-sshd.js';

const skip = noSshd;
const { signal } = new AbortController();
const MIB = 1024 ** 2;

/** A guest, or whatever answers instead of one. */
async function openGuest(t: Test, instead?: string): Promise<Guest> {
  const sshConfig = join(t.testdir({}), 'sshconf-bs1');
  await startGuests(t, sshConfig, { hostnames: ['plain-60'], ...(instead !== undefined && { instead }) });
  return { sshConfig, hostname: 'plain-60' };
}

/** The most memory that this process has needed meanwhile, beyond what it had; MiB. */
async function growth(work: () => Promise<unknown>): Promise<number> {
  const before = process.memoryUsage.rss();
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss());
  }, 20);
  await work();
  clearInterval(timer);
  return (Math.max(most, process.memoryUsage.rss()) - before) / MIB;
}

t.test('words of a command arrive as they are, and one word is a line of shell', { skip }, async (t) => {
  const guest = await openGuest(t);
  const say = async (...words: readonly string[]): Promise<string> =>
    (await runInGuest(guest, commandLine(words), { signal })).stdout;
  const words = ['a  b', '$HOME', '*', "it's", 'two\nlines', '', '~', '\\', '"'];
  t.equal(await say('printf', '<%s>', ...words), words.map((word) => `<${word}>`).join(''));
  t.equal(await say('sh', '-c', 'echo "a  b"'), 'a  b\n');
  t.equal(await say('echo one; echo two | tr w W'), 'one\ntWo\n');
  t.equal(await say('env', 'X=1', 'printenv', 'X'), '1\n');
  t.match(await runInGuest(guest, commandLine(['X=1', 'true']), { signal }), { exitCode: 127 }, 'no variable is set');
});

t.test('what a command says, how it ends and what it is given', { skip }, async (t) => {
  const guest = await openGuest(t);
  const lines: string[] = [];
  const run = await runInGuest(guest, 'echo one; echo two >&2; exit 7', {
    signal,
    onLine: (line, stream) => void lines.push(`${stream} ${line}`),
  });
  t.match(run, { exitCode: 7, cut: null, stdout: 'one\n', stderr: 'two\n' });
  t.strictSame(lines.sort(), ['stderr two', 'stdout one']);
  t.match(await runInGuest(guest, 'tr a-z A-Z', { signal, input: 'words' }), { stdout: 'WORDS' });
  const input = Readable.from([Buffer.alloc(MIB, 'x'), Buffer.alloc(MIB, 'y')]);
  t.match(await runInGuest(guest, 'wc -c', { signal, input }), { stdout: `${2 * MIB}\n` });
  const early = Readable.from(
    (function* () {
      for (;;) yield Buffer.alloc(MIB);
    })(),
  );
  t.match(
    await runInGuest(guest, 'head -c 1', { signal, input: early }),
    { exitCode: 0 },
    'a guest may not want it all',
  );
});

t.test('a script for root is made when its shell is there', { skip }, async (t) => {
  const guest = await openGuest(t);
  t.strictSame(await askAsRoot(guest, () => 'echo done; exit 0\n', { signal }), { stdout: '\ndone\n' });
});

t.test(
  'a command that fails is told with its last words, and one that does not end with its time',
  { skip },
  async (t) => {
    const guest = await openGuest(t);
    t.strictSame(await askGuest(guest, 'echo no such thing >&2; exit 3', { signal }), {
      reason: 'ssh: exit code 3: no such thing',
    });
    // On a busy machine a short time is over before the guest has said anything.
    const late = async (deadline: number) =>
      (await askGuest(guest, 'echo half; sleep 600', { signal, deadline })) as { readonly reason?: string };
    let limit = 1500;
    let ended = await late(limit);
    while (ended.reason?.endsWith('half') !== true && limit < 60_000) ended = await late((limit *= 5));
    t.strictSame(ended, { reason: `ssh: no answer within ${limit / 1000} s: half` });
    t.match(await askGuest({ ...guest, hostname: 'other' }, 'true', { signal }), {
      reason: /^ssh: exit code 255: .*other/,
    });
  },
);

t.test('a command ends with the signal that is raised', { skip }, async (t) => {
  const guest = await openGuest(t);
  const interrupt = new AbortController();
  const running = runInGuest(guest, 'echo here; sleep 600', {
    signal: interrupt.signal,
    onLine: () => interrupt.abort(),
  });
  await t.rejects(running, { code: 'cancelled' });
});

for (const [name, instead] of [
  ['writes lines for ever', `yes ${'A'.repeat(100)}`],
  ['writes a line without an end', 'cat /dev/zero'],
] as const) {
  t.test(`a login shell that ${name} gets no more of this machine than its limits`, { skip }, async (t) => {
    const guest = await openGuest(t, instead);
    const most = await growth(async () => {
      const answer = await askGuest(guest, 'true', { signal });
      t.match(answer, { reason: /it prints more than 256 KiB/ });
      const login = await tryLogin(guest, { signal, onCloudInit: () => undefined, onFacts: () => undefined });
      t.match(login, { state: 'failed', reason: /its login shell does not run commands/ });
      let characters = 0;
      const interrupt = new AbortController();
      const running = runInGuest(guest, 'true', {
        signal: interrupt.signal,
        onLine(line) {
          if (line.length > GUEST_LIMITS.line) t.fail(`a line of ${line.length} characters`);
          characters += line.length;
          if (characters > 200 * MIB) interrupt.abort();
        },
      });
      await t.rejects(running, { code: 'cancelled' });
    });
    t.ok(most < 100, `${Math.round(most)} MiB`);
  });
}

t.test('of much output the beginning and the end are kept', { skip }, async (t) => {
  const guest = await openGuest(t);
  const { stdout, omitted } = await runInGuest(guest, 'seq 1 1000000', { signal });
  t.match(stdout, /^1\n2\n[^]*\n\[virtbs: \d+ bytes are left out here\]\n[^]*\n999999\n1000000\n$/);
  t.equal(omitted.stdout, 6_888_896 - GUEST_LIMITS.kept);
});

t.test('a guest waits for who reads it', { skip }, async (t) => {
  const guest = await openGuest(t);
  const interrupt = new AbortController();
  let resolve = (): void => undefined;
  const never = new Promise<void>((done) => {
    resolve = done;
  });
  let lines = 0;
  const running = runInGuest(guest, 'yes', {
    signal: interrupt.signal,
    onLine() {
      lines++;
      return never;
    },
  });
  const seen = growth(() => new Promise((done) => setTimeout(done, 1000)));
  t.ok((await seen) < 50);
  t.ok(lines <= 2, 'one of each stream');
  interrupt.abort();
  resolve();
  await t.rejects(running, { code: 'cancelled' });
});
