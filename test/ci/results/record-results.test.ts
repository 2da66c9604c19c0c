import t, { type Test } from 'tap';
import { areRecorded, recordResults, runMetadata, type RunFacts } from '../../../src/ci/results/record-results.js';
import { testHistory, testsOfRun, testStatistics } from '../../../src/ci/results/test-statistics.js';
import { openStore } from '../../../src/ci/store/open-store.js';
import { allRows } from '../../../src/ci/store/rows.js';
import type { Store } from '../../../src/ci/store/store.js';
import type { TestResult } from '../../../src/ci/test-result.js';
import { newDatabase } from '../test-database.js';

async function open(t: Test): Promise<Store> {
  const store = await openStore(await newDatabase(t.testdir()));
  t.teardown(() => store[Symbol.asyncDispose]());
  return store;
}

async function record(store: Store, number: number, tests: readonly TestResult[], facts: RunFacts = {}) {
  const uuid = `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
  const metadata = runMetadata({ job: 'smoke', branch: 'main', run: number, revision: `r${number}`, ...facts });
  const at = new Date(Date.UTC(2026, 0, 1, 0, number)).toISOString();
  return { uuid, counts: await recordResults(store, { uuid, at, tests, metadata }) };
}

t.test('results are in the tables of subunit2sql with their meaning', async (t) => {
  const store = await open(t);
  const name = 'tempest.api.A.test_a';
  const attributes = '[id-0f1e2d3c-0000-4000-8000-000000000000,smoke]';
  const tests: readonly TestResult[] = [
    {
      name: `${name}${attributes}`,
      status: 'success',
      startedAt: '2026-01-02T03:04:05.250000Z',
      seconds: 1.5,
      tags: ['worker-0'],
    },
    { name: 'b[1-2]', status: 'xfail' },
    { name: 'c', status: 'uxsuccess', details: { log: 'said' } },
    { name: 'd', status: 'skip', reason: 'no disk' },
  ];
  t.strictSame((await record(store, 1, tests)).counts, { passed: 2, failed: 1, skipped: 1 });
  await record(store, 2, [
    { name, status: 'success', seconds: 2.5 },
    { name, status: 'fail', seconds: 1 },
  ]);
  await record(store, 3, [{ name, status: 'success', seconds: 2.5 }]);
  t.match(await allRows(store, 'SELECT test_id, run_count, success, failure, run_time FROM tests ORDER BY id'), [
    { test_id: name, run_count: 3, success: 2, failure: 1, run_time: 2 },
    { test_id: 'b[1-2]', run_count: 1, success: 1, failure: 0, run_time: null },
    { test_id: 'c', run_count: 1, success: 0, failure: 1 },
    { test_id: 'd', run_count: 0, success: 0, failure: 0 },
  ]);
  t.match(await allRows(store, 'SELECT * FROM runs WHERE id = 1'), [
    { passes: 2, fails: 1, skips: 1, run_time: 1.5, run_at: '2026-01-01 00:01:00' },
  ]);
  t.match(await allRows(store, 'SELECT * FROM test_runs WHERE id = 1'), [
    {
      status: 'success',
      start_time: '2026-01-02 03:04:05',
      start_time_microsecond: 250_000,
      stop_time: '2026-01-02 03:04:06',
      stop_time_microsecond: 750_000,
    },
  ]);
  t.match(await allRows(store, 'SELECT "key", value FROM test_run_metadata WHERE test_run_id = 1'), [
    { key: 'tags', value: 'worker-0' },
    { key: 'attrs', value: attributes.slice(1, -1) },
  ]);
  const [first] = await testsOfRun(store, '00000000-0000-4000-8000-000000000001');
  t.match(first, { test: 'c', status: 'uxsuccess', details: { log: 'said' } });
});

t.test('results of a run that was begun again count once', async (t) => {
  const store = await open(t);
  await record(store, 1, [{ name: 'a', status: 'fail', details: { log: 'x' } }]);
  const { uuid } = await record(store, 1, [{ name: 'a', status: 'success', seconds: 4 }]);
  t.match(await allRows(store, 'SELECT * FROM tests'), [{ run_count: 1, success: 1, failure: 0, run_time: 4 }]);
  t.match(
    await allRows(store, 'SELECT (SELECT COUNT(*) FROM runs) AS runs, (SELECT COUNT(*) FROM attachments) AS texts'),
    [{ runs: 1, texts: 0 }],
  );
  t.ok(await areRecorded(store, uuid));
});

t.test(
  'a test is flaky that passed and failed with one revision, or turned often, not one that was broken and repaired',
  async (t) => {
    const store = await open(t);
    const good = (name: string): TestResult => ({ name, status: 'success', seconds: 1 });
    const bad = (name: string): TestResult => ({ name, status: 'fail', seconds: 9 });
    const turns = [good, bad, good, bad, good];
    const repaired = [good, bad, bad, good, good];
    for (let number = 0; number < 5; number++) {
      const rerun = number === 1 ? bad('rerun') : good('rerun');
      const tests = [turns[number]?.('turns'), repaired[number]?.('repaired'), rerun, good('steady')].filter(
        (each) => each !== undefined,
      );
      await record(store, number + 1, tests, { revision: number < 2 ? 'same' : `r${number}` });
    }
    const flaky = await testStatistics(store, { order: 'flaky', limit: 10 });
    t.strictSame(
      flaky.map(({ test, unsteady, flips }) => [test, unsteady, flips]),
      [
        ['turns', 1, 4],
        ['repaired', 1, 2],
        ['rerun', 1, 2],
      ],
    );
    t.match(
      (await testStatistics(store, { order: 'flaky', limit: 10, since: '2026-01-01T00:02:30Z' })).map(
        ({ test }) => test,
      ),
      [],
    );
    const [repair] = await testStatistics(store, { order: 'name', limit: 10, test: 'repaired' });
    t.match(repair, {
      runs: 5,
      passed: 3,
      failed: 2,
      passRate: 0.6,
      meanSeconds: 1,
      longestSeconds: 9,
      lastStatus: 'passed',
      lastFailure: '2026-01-01T00:03:00Z',
    });
    t.strictSame(await testStatistics(store, { order: 'name', limit: 10, job: 'other' }), []);
    t.equal((await testStatistics(store, { order: 'name', limit: 10, match: 'STEA' })).length, 1);
    t.match(await testHistory(store, 'rerun', 4), [
      { run: 5 },
      { run: 4 },
      { run: 3 },
      { run: 2, status: 'fail', job: 'smoke', branch: 'main', seconds: 9 },
    ]);
  },
);
