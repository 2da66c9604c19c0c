import { testHistory, testsOfRun, testStatistics } from '../results/test-statistics.js';
import { allRows, firstRow } from '../store/rows.js';
import { stepsOfRun } from '../store/run-steps.js';
import { readDepends } from '../queue/ci-queue.js';
import type { SqlValue, Store } from '../store/store.js';
import type { ChangeEvent } from '../change-event.js';
import type {
  DayCount,
  IndexPageData,
  JobTimes,
  PageRun,
  RunPageData,
  TestPageData,
  TestsPageData,
} from './page-data.js';

/** Runs that have ended, on the first page. */
const MOST_RUNS = 100;
const MOST_QUEUED = 1000;
const MOST_OTHERS = 20;
/** Days and runs that plots have. */
const DAYS = 30;
const MOST_POINTS = 60;
const MOST_JOBS = 12;
/** Tests of a list. */
const MOST_TESTS = 100;
/** Milliseconds that are looked back for statistics. */
const BACK = 90 * 86_400_000;

interface RunRow {
  readonly id: number;
  readonly uuid: string;
  readonly job: string;
  readonly state: PageRun['state'];
  readonly outcome: PageRun['outcome'];
  readonly summary: string;
  readonly queued_at: string;
  readonly started_at: string | null;
  readonly ended_at: string | null;
  readonly attempts: number;
  readonly slice: number | null;
  readonly depends: string | null;
  readonly kept_ssh: string | null;
  readonly kept_until: string | null;
  readonly tests_passed: number | null;
  readonly tests_failed: number | null;
  readonly tests_skipped: number | null;
  readonly body: string;
}

async function runs(store: Store, rest: string, ...values: readonly SqlValue[]): Promise<readonly PageRun[]> {
  const sql = `SELECT job_runs.*, events.body FROM job_runs JOIN events ON events.id = job_runs.event_id ${rest}`;
  return (await allRows<RunRow>(store, sql, ...values)).map(pageRun);
}

function pageRun(row: RunRow): PageRun {
  const event = JSON.parse(row.body) as ChangeEvent;
  const { project, branch, change, patchSet } = event;
  return {
    id: row.id,
    uuid: row.uuid,
    job: row.job,
    state: row.state,
    outcome: row.outcome,
    summary: row.summary,
    project,
    branch,
    change: change
      ? {
          number: change.number,
          patchSet: patchSet?.number ?? null,
          subject: change.subject ?? null,
          url: change.url ?? null,
        }
      : null,
    revision: patchSet?.revision ?? event.revision ?? null,
    depends: readDepends(row.depends),
    queuedAt: row.queued_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    attempts: row.attempts,
    slice: row.slice,
    kept: row.kept_ssh === null ? null : { ssh: row.kept_ssh, until: row.kept_until },
    tests:
      row.tests_passed === null
        ? null
        : { passed: row.tests_passed, failed: row.tests_failed ?? 0, skipped: row.tests_skipped ?? 0 },
  };
}

/** @param lastLine returns the last line of a run's log */
export async function loadIndex(
  store: Store,
  now: string,
  lastLine: (run: number) => string | null,
): Promise<IndexPageData> {
  const running: IndexPageData['running'][number][] = [];
  for (const run of await runs(store, "WHERE state = 'running' ORDER BY job_runs.id")) {
    running.push({ ...run, lastLine: lastLine(run.id), usualSeconds: await usualSeconds(store, run.job) });
  }
  return {
    running,
    queued: await runs(store, "WHERE state = 'queued' ORDER BY job_runs.id LIMIT ?", MOST_QUEUED),
    ended: await runs(store, "WHERE state = 'ended' ORDER BY ended_at DESC, job_runs.id DESC LIMIT ?", MOST_RUNS),
    days: await loadDays(store, now),
    times: await loadTimes(store),
  };
}

/** The middle of the last times of a job that voted. */
async function usualSeconds(store: Store, job: string): Promise<number | null> {
  const rows = await allRows<{ readonly seconds: number }>(
    store,
    `SELECT ${store.dialect.seconds('started_at', 'ended_at')} AS seconds FROM job_runs
     WHERE job = ? AND outcome IN ('passed', 'failed') AND started_at IS NOT NULL ORDER BY id DESC LIMIT 15`,
    job,
  );
  const times = rows.map(({ seconds }) => seconds).sort((a, b) => a - b);
  return times[Math.floor(times.length / 2)] ?? null;
}

async function loadDays(store: Store, now: string): Promise<readonly DayCount[]> {
  const first = new Date(Date.parse(now) - (DAYS - 1) * 86_400_000).toISOString().slice(0, 10);
  const count = (which: string): string => `SUM(CASE WHEN outcome ${which} THEN 1 ELSE 0 END)`;
  const rows = await allRows<DayCount>(
    store,
    `SELECT substr(ended_at, 1, 10) AS day, ${count("= 'passed'")} AS passed, ${count("= 'failed'")} AS failed,
       ${count("NOT IN ('passed', 'failed')")} AS other
     FROM job_runs WHERE state = 'ended' AND ended_at >= ? GROUP BY substr(ended_at, 1, 10) ORDER BY 1`,
    first,
  );
  const known = new Map(rows.map((row) => [row.day, row]));
  const from = Date.parse(rows[0]?.day ?? now);
  const days: DayCount[] = [];
  for (let time = from; time <= Date.parse(now); time += 86_400_000) {
    const day = new Date(time).toISOString().slice(0, 10);
    const { passed = 0, failed = 0, other = 0 } = known.get(day) ?? {};
    days.push({ day, passed, failed, other });
  }
  return days;
}

async function loadTimes(store: Store): Promise<readonly JobTimes[]> {
  const jobs = await allRows<{ readonly job: string }>(
    store,
    "SELECT job FROM job_runs WHERE outcome IN ('passed', 'failed') GROUP BY job ORDER BY MAX(id) DESC LIMIT ?",
    MOST_JOBS,
  );
  const { seconds } = store.dialect;
  const step = (kind: string): string =>
    `(SELECT SUM(${seconds('s.started_at', 's.ended_at')}) FROM run_steps s WHERE s.run_id = job_runs.id AND s.kind = '${kind}')`;
  const times: JobTimes[] = [];
  for (const { job } of jobs) {
    const rows = await allRows<JobTimes['points'][number]>(
      store,
      `SELECT id AS run, ended_at AS at, ${seconds('started_at', 'ended_at')} AS "all",
         ${step('deploy')} AS deploy, ${step('test')} AS test
       FROM job_runs WHERE job = ? AND outcome IN ('passed', 'failed') AND started_at IS NOT NULL ORDER BY id DESC LIMIT ?`,
      ...[job, MOST_POINTS],
    );
    const points = rows.map(({ run, at, deploy, test, all }) => ({ run, at, deploy, test, all }));
    times.push({ job, points: points.toReversed() });
  }
  return times;
}

/** Returns what the page of a run shows, besides its logs; undefined where there is no such run. */
export async function loadRun(store: Store, id: number): Promise<Omit<RunPageData, 'logs'> | undefined> {
  const [run] = await runs(store, 'WHERE job_runs.id = ?', id);
  if (!run) return undefined;
  const others = run.change
    ? await runs(
        store,
        'WHERE job_runs.job = ? AND job_runs.id <> ? AND events.project = ? AND events."change" = ? ORDER BY job_runs.id DESC LIMIT ?',
        ...[run.job, id, run.project, run.change.number, MOST_OTHERS],
      )
    : [];
  return { run, steps: await stepsOfRun(store, id), tests: await testsOfRun(store, run.uuid), others };
}

export async function loadTests(store: Store, now: string): Promise<TestsPageData> {
  const since = new Date(Date.parse(now) - BACK).toISOString();
  const list = (order: 'failures' | 'flaky' | 'slow') => testStatistics(store, { since, order, limit: MOST_TESTS });
  return {
    failing: (await list('failures')).filter(({ failed }) => failed > 0),
    flaky: await list('flaky'),
    slow: (await list('slow')).filter(({ meanSeconds }) => meanSeconds !== null),
  };
}

export async function loadTest(store: Store, test: string): Promise<TestPageData> {
  return {
    test,
    statistics: await testStatistics(store, { test, order: 'name', limit: 1000 }),
    history: await testHistory(store, test),
  };
}

/** Returns runs whose pages are to be written: those that changed since a time, and the results of which tests. */
export async function changedRuns(store: Store, since: string | null): Promise<readonly number[]> {
  const rows = await allRows<{ readonly id: number }>(
    store,
    `SELECT id FROM job_runs WHERE ?1 = '' OR state = 'running' OR queued_at >= ?1 OR started_at >= ?1 OR ended_at >= ?1 OR kept_until >= ?1
     ORDER BY id DESC`,
    // libsql takes a null alone for an object of names.
    since ?? '',
  );
  return rows.map(({ id }) => id);
}

/** Returns the tests of runs, by name. */
export async function testsOfRuns(store: Store, ids: readonly number[]): Promise<readonly string[]> {
  const names = new Set<string>();
  for (const id of ids) {
    const run = await firstRow<{ readonly uuid: string }>(store, 'SELECT uuid FROM job_runs WHERE id = ?', id);
    if (!run) continue;
    const rows = await allRows<{ readonly test: string }>(
      store,
      'SELECT tests.test_id AS test FROM runs JOIN test_runs tr ON tr.run_id = runs.id JOIN tests ON tests.id = tr.test_id WHERE runs.uuid = ?',
      run.uuid,
    );
    for (const { test } of rows) names.add(test);
  }
  return [...names];
}

/** Returns the names of all tests. */
export async function allTests(store: Store): Promise<readonly string[]> {
  const rows = await allRows<{ readonly test: string }>(store, 'SELECT test_id AS test FROM tests ORDER BY test_id');
  return rows.map(({ test }) => test);
}
