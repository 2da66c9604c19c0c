import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import type { ReportedRun } from '../../src/ci/reporter.js';
import { watchPlace } from '../../src/ci/watch/watch-place.js';
import { openCiBench, patchSet, sourceOf } from './ci-bench.js';

const ALL = '[{project: "demo/*"}]';

t.test('an event runs its job in a leased slice, is reported, and leaves nothing behind', async (t) => {
  const script = 'echo "change $VIRTBS_CI_CHANGE in slice $VIRTBS_SLICE"; test -z "$SECRET"';
  const jobs = `{verify: {when: ${ALL}, run: [sh, -c, '${script}']}}`;
  await using bench = await openCiBench(t, `{url: 'https://ci.example.org/lab', jobs: ${jobs}}`);
  const { ci, place, world } = bench;
  const told: ReportedRun[] = [];
  const report = async (run: ReportedRun) => {
    told.push(run);
    return 'reported' as const;
  };
  const other = patchSet(8, 1, { project: 'elsewhere' });
  await watchPlace(
    {
      ...{ sources: [sourceOf([patchSet(7), other, patchSet(7)])], workers: 2, untilIdle: true },
      ...{ reporters: new Map([['test', { report }]]), reportersFor: () => ['test'] },
    },
    ci,
    place,
  );
  const { runs, queued, running, unreported } = await ci.queue.status('all', 10);
  t.match(runs, [{ id: 1, job: 'verify', change: 7, patchSet: 1, outcome: 'passed', attempts: 1, slice: null }]);
  t.strictSame({ n: runs.length, queued, running, unreported }, { n: 1, queued: 0, running: 0, unreported: 0 });
  t.match(told, [{ job: 'verify', outcome: 'passed', event: { change: { number: 7 } } }]);
  t.equal(told[0]?.url, 'https://ci.example.org/lab/1/index.html');
  t.equal(told.length, 1);
  t.equal(world.domains.size, 0);
  t.match(await readFile(join(ci.logs, '1/job.log'), 'utf8'), /Z {3}change 7 in slice 1\n/);
});

t.test('exit codes of a step are outcomes; what is broken is begun again, and does not vote', async (t) => {
  const job = (code: number, more = ''): string => `{when: ${ALL}, run: [sh, -c, 'exit ${code}']${more}}`;
  const jobs = [`a: ${job(1)}`, `b: ${job(102)}`, `c: ${job(103, ', retries: 1')}`, `d: ${job(100)}`].join(', ');
  await using bench = await openCiBench(t, `{jobs: {${jobs}}}`);
  const { ci, place, world } = bench;
  await watchPlace(
    {
      ...{ sources: [sourceOf([patchSet(1)])], workers: 4, untilIdle: true, times: { again: 0 } },
      ...{ reporters: new Map(), reportersFor: () => [] },
    },
    ci,
    place,
  );
  const runs = [...(await ci.queue.list('all'))].sort((one, two) => one.id - two.id);
  t.strictSame(
    runs.map(({ job: name, outcome, attempts }) => [name, outcome, attempts]),
    [
      ['a', 'failed', 1],
      ['b', 'skipped', 1],
      ['c', 'broken', 2],
      ['d', 'passed', 1],
    ],
  );
  t.equal(world.domains.size, 0);
});

t.test('a slice of a run that failed is kept for its time, with the way into it', async (t) => {
  await using bench = await openCiBench(t, `{jobs: {v: {when: ${ALL}, run: 'false', keep: on-failure 4h}}}`);
  const { ci, place, world } = bench;
  const once = { workers: 1, untilIdle: true, reporters: new Map<string, never>(), reportersFor: () => [] };
  await watchPlace({ ...once, sources: [sourceOf([patchSet(1)])] }, ci, place);
  const [run] = await ci.queue.list('all');
  t.equal(run?.outcome, 'failed');
  t.match(run?.kept?.ssh, /^ssh -F .* plain-\d+$|^virtbs -s 1 status$/);
  const left = Date.parse(run?.kept?.until ?? '') - Date.now();
  t.ok(left > 3.9 * 3_600_000 && left <= 4 * 3_600_000);
  t.equal(world.domains.size, 1);
});

t.test('a run that takes too long has the outcome timeout; its program and its slice are gone', async (t) => {
  await using bench = await openCiBench(t, `{jobs: {v: {when: ${ALL}, run: [sleep, '600'], timeout: 500ms}}}`);
  const { ci, place, world } = bench;
  const once = { workers: 1, untilIdle: true, reporters: new Map<string, never>(), reportersFor: () => [] };
  await watchPlace({ ...once, sources: [sourceOf([patchSet(1)])] }, ci, place);
  t.match(await ci.queue.list('all'), [{ outcome: 'timeout', summary: 'not done within 0.5 s' }]);
  t.equal(world.domains.size, 0);
});

t.test(
  'results of tests are counted and recorded: one that failed makes the run fail, none makes it broken',
  async (t) => {
    const tap = 'printf "1..2\\nok 1 - a\\n%s 2 - b\\n" "$0" >result.tap';
    const job = (word: string, files: string): string =>
      `{when: ${ALL}, run: [sh, -c, '${tap}', '${word}'], results: {format: tap, files: ${files}}, retries: 0}`;
    const jobs = `a: ${job('ok', 'result.tap')}, b: ${job('not ok', 'result.tap')}, c: ${job('ok', 'other.tap')}`;
    await using bench = await openCiBench(t, `{jobs: {${jobs}}}`);
    const { ci, place } = bench;
    const once = { workers: 1, untilIdle: true, reporters: new Map<string, never>(), reportersFor: () => [] };
    await watchPlace({ ...once, sources: [sourceOf([patchSet(1)])] }, ci, place);
    const runs = [...(await ci.queue.list('all'))].sort((one, two) => one.id - two.id);
    t.strictSame(
      runs.map(({ outcome, tests }) => [outcome, tests]),
      [
        ['passed', { passed: 2, failed: 0, skipped: 0 }],
        ['failed', { passed: 1, failed: 1, skipped: 0 }],
        ['broken', { passed: 0, failed: 0, skipped: 0 }],
      ],
    );
    t.strictSame(await ci.store.all('SELECT passes, fails FROM runs ORDER BY id'), [
      { passes: 2, fails: 0 },
      { passes: 1, fails: 1 },
      { passes: 0, fails: 0 },
    ]);
    t.strictSame(
      (await ci.store.all('SELECT name, kind, failed FROM run_steps WHERE run_id = 1')).map(({ name }) => name),
      ['cluster', 'checkout', 'sh'],
    );
  },
);
