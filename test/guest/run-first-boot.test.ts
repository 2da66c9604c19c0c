import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { runFirstBoot, type FirstBootFailure } from '../../src/guest/run-first-boot.js';
import type { FirstBootPlan } from '../../src/plan/plan.js';
import { noSshd, startGuests } from './local-sshd.js';

// What stands for the guest is this machine, so only files below a folder of the test are written.
const skip = noSshd || (process.getuid?.() === 0 ? false : 'needs root: a guest of this machine asks no sudo then');
const { signal } = new AbortController();

interface Outcome {
  readonly failure: FirstBootFailure | null;
  readonly steps: readonly string[];
  readonly lines: number;
  readonly log: string;
}

async function boot(t: Test, firstBoot: FirstBootPlan, instead?: string): Promise<Outcome> {
  const folder = t.testdir({});
  const sshConfig = join(folder, 'sshconf-bs1');
  await startGuests(t, sshConfig, { hostnames: ['plain-60'], ...(instead !== undefined && { instead }) });
  const steps: string[] = [];
  let lines = 0;
  const log = join(folder, 'log');
  const failure = await runFirstBoot({ sshConfig, hostname: 'plain-60' }, firstBoot, {
    signal,
    log,
    onStep: (step) => steps.push(step),
    onLine: () => lines++,
  });
  t.equal((await stat(log)).mode & 0o777, 0o600);
  return { failure, steps, lines, log: await readFile(log, 'utf8') };
}

t.test('a guest gets its files, then runs its scripts, and nothing is left of them', { skip }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'virtbs-test-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const target = join(folder, 'deep', 'greeting');
  const { failure, steps, log } = await boot(t, {
    files: [{ path: target, content: "it's me\n", mode: '0600' }],
    scripts: [
      {
        inline: `cat ${target}; printf '\\033[31mred\\033[0m\\n'; echo "<$1>" >&2; pwd; echo "$0"`,
        arguments: ["a 'b"],
      },
    ],
  });
  t.equal(failure, null);
  t.strictSame(steps, ['files', 'script inline-1']);
  t.match(log, /^virtbs: files\nvirtbs: script inline-1\nit's me\nred\n<a 'b>\n\/\n\/var\/tmp\/\S+\/inline-1\n$/);
  const script = /(\S+)\n$/.exec(log)?.[1] ?? '';
  await t.rejects(stat(dirname(script)), { code: 'ENOENT' });
  t.equal((await stat(target)).mode & 0o777, 0o600);
});

t.test('a script that fails is told with its last lines, and nothing comes behind it', { skip }, async (t) => {
  const { failure, log } = await boot(t, {
    scripts: [{ inline: 'seq 100; exit 3' }, { inline: 'echo never' }],
  });
  t.equal(failure?.reason, 'script inline-1 failed with exit code 3');
  t.equal(failure?.lines.length, 12);
  t.strictSame(failure?.lines.slice(-2), ['100', 'virtbs: script inline-1 failed with exit code 3']);
  t.notMatch(log, 'never');
  t.match(log, /^1\n2\n/m, 'the log has all of it');
});

t.test('a guest that takes nothing is told as it ends', { skip: noSshd }, async (t) => {
  const { failure } = await boot(t, { scripts: [{ inline: 'true' }] }, '/bin/false');
  t.match(failure, { reason: 'it ended with exit code 1', lines: [] });
});
