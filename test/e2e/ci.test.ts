import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { env } from 'node:process';
import { setTimeout } from 'node:timers/promises';
import t from 'tap';
import type { RunSummary } from '../../src/ci/queue/run-summary.js';
import { packageDirectory } from '../../src/package-directory.js';
import { noLab, run, runVirtbs } from './run-virtbs.js';

env['VIRTBS_CHECKPOINT'] = 'auto';

const EVENT = {
  ...{ id: 'app-1', kind: 'ref', project: 'app', branch: 'main', at: '2026-11-28T10:00:00Z' },
};

/** A cluster whose deployment is kept, a test in the guest, and a slow one that is killed. */
const PROJECT = `
topology: plain:1
tasks:
  deploy: { on: plain, run: echo deployed >>/root/deployed, checkpoint: after }
  test: { on: plain, wants: [deploy], run: 'cat /root/deployed /tmp/app/greeting; sh /tmp/app/test.sh' }
ci:
  workers: 1
  jobs:
    verify:
      when: [{ project: app, event: ref }]
      checkout: { url: ./app, to: /tmp/app, on: plain }
      tasks: [test]
      keep: on-failure 1h
`;

t.test(
  'a change is fetched, tested on a VM and recorded, also by a watch that was killed',
  { skip: noLab },
  async (t) => {
    const directory = t.testdir({
      'virtbs.yaml': PROJECT,
      'events.jsonl': `${JSON.stringify(EVENT)}\n`,
      app: { greeting: 'hello\n', 'test.sh': 'grep -q hello /tmp/app/greeting\n' },
    });
    const git = async (...args: readonly string[]): Promise<void> => {
      const identity = ['-c', 'user.name=t', '-c', 'user.email=t@example.org'];
      const ended = await run(join(directory, 'app'), ['git', ...identity, ...args]);
      t.equal(ended.code, 0, ended.stderr);
    };
    await git('init', '-q', '-b', 'main');
    await git('add', '.');
    await git('commit', '-q', '-m', 'one');

    // Killed while the cluster is made: as soon as its VM runs.
    const virtbs = join(await packageDirectory(), 'bin', 'virtbs');
    const watch = [virtbs, 'ci', 'watch', '--once', '--events', 'events.jsonl', '-v'];
    const child = spawn(process.execPath, watch, { cwd: directory, stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr.resume();
    const closed = once(child, 'close');
    while (child.exitCode === null && (await run('/', ['virsh', '-q', 'list', '--name'])).stdout.trim() === '')
      await setTimeout(50);
    child.kill('SIGKILL');
    await closed;
    t.equal(child.signalCode, 'SIGKILL');

    const second = await runVirtbs(directory, ...watch.slice(1));
    t.equal(second.code, 0, second.stderr);
    const runs = await statusOf(directory);
    t.match(runs, [{ id: 1, outcome: 'passed', attempts: 2, project: 'app' }], second.stderr);
    const log = (await runVirtbs(directory, 'ci', 'log', '1')).stdout;
    t.match(log, /checkout: copied to plain:\/tmp\/app/);

    // By hand, a folder that fails: it starts from what is deployed, and can be looked at.
    await run(directory, ['sh', '-c', 'echo bye >app/greeting']);
    const failed = await runVirtbs(directory, 'ci', 'run', 'app', '--json');
    t.equal(failed.code, 1);
    const { run: kept } = JSON.parse(failed.stdout) as { readonly run: RunSummary };
    t.match(kept, { outcome: 'failed', tests: null }, failed.stdout);
    const [program = '', ...words] = (kept.kept?.ssh ?? '').split(' ');
    const looked = await run(directory, [
      program,
      '-n',
      ...words,
      'sudo',
      'cat',
      '/root/deployed',
      '/tmp/app/greeting',
    ]);
    t.equal(looked.stdout, 'deployed\nbye', looked.stderr);
    const wiped = await runVirtbs(directory, '--slice', String(kept.slice), 'wipe');
    t.equal(wiped.code, 0, wiped.stderr);
    const left = JSON.parse((await runVirtbs(directory, 'ls', '--json')).stdout) as {
      readonly slices: readonly unknown[];
    };
    t.strictSame(left.slices, []);
  },
);

async function statusOf(directory: string): Promise<readonly RunSummary[]> {
  return (JSON.parse((await runVirtbs(directory, 'ci', 'status', '--json')).stdout) as { runs: readonly RunSummary[] })
    .runs;
}
