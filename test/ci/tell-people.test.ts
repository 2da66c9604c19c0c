import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { PASSWORD_VARIABLE } from '../../src/ci/gerrit/gerrit-settings.js';
import { CiQueue } from '../../src/ci/queue/ci-queue.js';
import { openReporters } from '../../src/ci/report/open-reporters.js';
import { reportRuns } from '../../src/ci/report/report-runs.js';
import { serveMetrics } from '../../src/ci/serve-metrics.js';
import { openSources } from '../../src/ci/source/open-sources.js';
import { watchPlace } from '../../src/ci/watch/watch-place.js';
import { runProgram } from '../../src/process/run-program.js';
import { startReceiver } from '../mail/smtp-receiver.js';
import { openCiBench, patchSet, sourceOf, type CiBench } from './ci-bench.js';

async function git(directory: string, ...args: readonly string[]): Promise<string> {
  const identity = ['-c', 'user.name=t', '-c', 'user.email=t@example.org'];
  return (await runProgram('git', ['-C', directory, ...identity, ...args], {})).stdout.trim();
}

async function commit(directory: string, line: string): Promise<string> {
  await appendFile(join(directory, 'test.sh'), `${line}\n`);
  await git(directory, 'add', '.');
  await git(directory, 'commit', '-q', '-m', line);
  return await git(directory, 'rev-parse', 'HEAD');
}

async function watchOnce({ ci, place }: CiBench): Promise<void> {
  const sources = await openSources({ files: [], stdin: process.stdin, once: true }, ci, place);
  await watchPlace(
    { ...{ sources, workers: 2, untilIdle: true }, ...(await openReporters(undefined, ci, place)) },
    ci,
    place,
  );
}

t.test('each new revision of a branch is tested, and people are told by mail and by a program', async (t) => {
  const relay = await startReceiver(t);
  const job = `{when: [{event: ref}], checkout: {}, run: [sh, test.sh], mail: dev@example.org, notify: [sh, -c, 'cat >>told; echo >>told']}`;
  const section = `{url: 'https://ci.example.org/', branches: [{project: app, url: ./app, branch: [main, 'stable/*']}], jobs: {verify: ${job}}}`;
  const notify = `notify: {from: ci@example.org, relay: 'smtp://127.0.0.1:${relay.port}'}`;
  await using bench = await openCiBench(t, `${section}\n${notify}`);
  const { ci, directory } = bench;
  const app = join(directory, 'app');
  await mkdir(app);
  await git(app, 'init', '-q', '-b', 'main');
  const first = await commit(app, 'echo good');
  await git(app, 'branch', 'stable/1');
  await git(app, 'branch', 'topic');

  await watchOnce(bench);
  const runs = async () =>
    (await ci.queue.list('all')).map(({ outcome, event: { branch, revision } }) => [branch, outcome, revision]);
  t.strictSame(
    (await runs()).toSorted(([one], [other]) => String(one).localeCompare(String(other))),
    [
      ['main', 'passed', first],
      ['stable/1', 'passed', first],
    ],
  );
  await watchOnce(bench);
  t.equal((await runs()).length, 2, 'nothing is new');

  const second = await commit(app, 'echo bad; exit 1');
  await watchOnce(bench);
  const [last, ...earlier] = await runs();
  t.strictSame([earlier.length, last], [2, ['main', 'failed', second]]);
  const subjects = relay.lines.filter((line) => line.startsWith('Subject:'));
  t.strictSame(
    subjects.toSorted((one, other) => one.localeCompare(other)),
    [
      'Subject: virtbs: verify of app main: failed',
      'Subject: virtbs: verify of app main: passed',
      'Subject: virtbs: verify of app stable/1: passed',
    ],
  );
  t.equal(relay.lines.filter((line) => line === 'RCPT TO:<dev@example.org>').length, 3);
  t.match(
    await readFile(join(directory, 'told'), 'utf8'),
    `virtbs: verify of app main: failed\nrevision ${second}\nhttps://ci.example.org/3/index.html\n`,
  );
  t.ok(relay.lines.includes('https://ci.example.org/1/index.html'));

  await using metrics = await serveMetrics(ci.store, 0);
  const text = await (await fetch(`${metrics.url}metrics`)).text();
  t.match(text, /^virtbs_ci_queued 0$/m);
  t.match(text, /^virtbs_ci_runs_total\{job="verify",outcome="passed"\} 2$/m);
  t.match(text, /^virtbs_ci_runs_total\{job="verify",outcome="failed"\} 1$/m);
  t.equal((await fetch(metrics.url)).status, 404);
});

t.test('a mail that nobody takes is tried again, and given up at some time', async (t) => {
  const { port } = await startReceiver(t, { answers: { RCPT: '550 nobody of that name' } });
  const job = "{when: [{project: 'demo/*'}], run: 'false', mail: nobody@example.org}";
  const notify = `notify: {from: ci@example.org, relay: 'smtp://127.0.0.1:${port}'}`;
  await using bench = await openCiBench(t, `{jobs: {v: ${job}}}\n${notify}`);
  const { ci, place, events } = bench;
  let now = Date.now();
  const queue = new CiQueue(ci.store, { worker: 'test', now: () => new Date(now) });
  const { reporters, reportersFor } = await openReporters(undefined, ci, place);
  const { id } = await queue.addRun('v', { event: patchSet(1), source: 'test' });
  await queue.claim(id);
  const [settings] = Object.values(ci.settings.jobs);
  if (!settings) throw new Error('no job');
  await queue.end(
    id,
    { outcome: 'failed', summary: 'no \u001B[31mcolour' },
    reportersFor(settings, { outcome: 'failed' }, patchSet(1)),
  );
  const { emit, signal } = place.verb;
  for (let day = 1; day <= 30; day++) {
    await reportRuns({ queue, reporters, url: () => undefined, emit, signal });
    now += 86_400_000;
  }
  t.equal(events.length, 15);
  t.match(events[0], { type: 'warning', message: /^run 1: mail was not told: mail through .*550/ });
  t.equal((await queue.status('all', 1)).unreported, 0);
});

t.test('the password for Gerrit reaches neither git nor a step', async (t) => {
  const before = process.env[PASSWORD_VARIABLE];
  process.env[PASSWORD_VARIABLE] = 'hidden';
  t.teardown(() => {
    delete process.env[PASSWORD_VARIABLE];
    if (before !== undefined) process.env[PASSWORD_VARIABLE] = before;
  });
  const show = `echo "seen: $${PASSWORD_VARIABLE}."`;
  await using bench = await openCiBench(t, `{jobs: {v: {when: [{project: "demo/*"}], run: [sh, -c, '${show}']}}}`);
  const { ci, place } = bench;
  await watchPlace(
    {
      ...{ sources: [sourceOf([patchSet(1)])], workers: 1, untilIdle: true },
      ...{ reporters: new Map(), reportersFor: () => [] },
    },
    ci,
    place,
  );
  t.match(await readFile(join(ci.logs, '1', 'job.log'), 'utf8'), 'seen: .');
  t.notMatch((await runProgram('printenv', [], {})).stdout, 'hidden');
});
