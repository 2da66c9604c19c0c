import { testHistory, testsOfRun, testStatistics } from '../results/test-statistics.js';
import type { SqlValue, Store } from '../store/open-store.js';
import { allRows, firstRow } from '../store/rows.js';
import { stepsOfRun } from '../store/run-steps.js';
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
  readonly kept_ssh: string | null;
  readonly kept_until: string | null;
  readonly tests_passed: number | null;
  readonly tests_failed: number | null;
  readonly tests_skipped: number | null;
  readonly body: string;
}

function runs(store: Store, rest: string, ...values: readonly SqlValue[]): readonly PageRun[] {
  const sql = `SELECT job_runs.*, events.body FROM job_runs JOIN events ON events.id = job_runs.event_id ${rest}`;
  return allRows<RunRow>(store, sql, ...values).map(pageRun);
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
export function loadIndex(store: Store, now: string, lastLine: (run: number) => string | null): IndexPageData {
  const running = runs(store, "WHERE state = 'running' ORDER BY job_runs.id");
  return {
    queued: runs(store, "WHERE state = 'queued' ORDER BY job_runs.id LIMIT ?", MOST_QUEUED),
    running: running.map((run) => ({ ...run, lastLine: lastLine(run.id), usualSeconds: usualSeconds(store, run.job) })),
    ended: runs(store, "WHERE state = 'ended' ORDER BY ended_at DESC, job_runs.id DESC LIMIT ?", MOST_RUNS),
    days: loadDays(store, now),
    times: loadTimes(store),
  };
}

/** The middle of the last times of a job that voted. */
function usualSeconds(store: Store, job: string): number | null {
  const times = allRows<{ readonly seconds: number }>(
    store,
    `SELECT (julianday(ended_at) - julianday(started_at)) * 86400 AS seconds FROM job_runs
     WHERE job = ? AND outcome IN ('passed', 'failed') AND started_at IS NOT NULL ORDER BY id DESC LIMIT 15`,
    job,
  )
    .map(({ seconds }) => seconds)
    .sort((a, b) => a - b);
  return times[Math.floor(times.length / 2)] ?? null;
}

function loadDays(store: Store, now: string): readonly DayCount[] {
  const first = new Date(Date.parse(now) - (DAYS - 1) * 86_400_000).toISOString().slice(0, 10);
  const rows = allRows<DayCount>(
    store,
    `SELECT substr(ended_at, 1, 10) AS day, SUM(outcome = 'passed') AS passed, SUM(outcome = 'failed') AS failed,
       SUM(outcome NOT IN ('passed', 'failed')) AS other
     FROM job_runs WHERE state = 'ended' AND ended_at >= ? GROUP BY day ORDER BY day`,
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

function loadTimes(store: Store): readonly JobTimes[] {
  const jobs = allRows<{ readonly job: string }>(
    store,
    "SELECT job FROM job_runs WHERE outcome IN ('passed', 'failed') GROUP BY job ORDER BY MAX(id) DESC LIMIT ?",
    MOST_JOBS,
  );
  const step = (kind: string): string =>
    `(SELECT SUM(julianday(s.ended_at) - julianday(s.started_at)) * 86400 FROM run_steps s WHERE s.run_id = job_runs.id AND s.kind = '${kind}')`;
  return jobs.map(({ job }) => ({
    job,
    points: allRows<JobTimes['points'][number]>(
      store,
      `SELECT id AS run, ended_at AS at, (julianday(ended_at) - julianday(started_at)) * 86400 AS "all",
         ${step('deploy')} AS deploy, ${step('test')} AS test
       FROM job_runs WHERE job = ? AND outcome IN ('passed', 'failed') AND started_at IS NOT NULL ORDER BY id DESC LIMIT ?`,
      ...[job, MOST_POINTS],
    )
      .map(({ run, at, deploy, test, all }) => ({ run, at, deploy, test, all }))
      .toReversed(),
  }));
}

/** Returns what the page of a run shows, besides its logs; undefined where there is no such run. */
export function loadRun(store: Store, id: number): Omit<RunPageData, 'logs'> | undefined {
  const [run] = runs(store, 'WHERE job_runs.id = ?', id);
  if (!run) return undefined;
  const others = run.change
    ? runs(
        store,
        'WHERE job_runs.job = ? AND job_runs.id <> ? AND events.project = ? AND events.change = ? ORDER BY job_runs.id DESC LIMIT ?',
        ...[run.job, id, run.project, run.change.number, MOST_OTHERS],
      )
    : [];
  return { run, steps: stepsOfRun(store, id), tests: testsOfRun(store, run.uuid), others };
}

export function loadTests(store: Store, now: string): TestsPageData {
  const since = new Date(Date.parse(now) - BACK).toISOString();
  const list = (order: 'failures' | 'flaky' | 'slow') => testStatistics(store, { since, order, limit: MOST_TESTS });
  return {
    failing: list('failures').filter(({ failed }) => failed > 0),
    flaky: list('flaky'),
    slow: list('slow').filter(({ meanSeconds }) => meanSeconds !== null),
  };
}

export function loadTest(store: Store, test: string): TestPageData {
  return {
    test,
    statistics: testStatistics(store, { test, order: 'name', limit: 1000 }),
    history: testHistory(store, test),
  };
}

/** Returns runs whose pages are to be written: those that changed since a time, and the results of which tests. */
export function changedRuns(store: Store, since: string | null): readonly number[] {
  return allRows<{ readonly id: number }>(
    store,
    `SELECT id FROM job_runs WHERE ?1 = '' OR state = 'running' OR queued_at >= ?1 OR started_at >= ?1 OR ended_at >= ?1 OR kept_until >= ?1
     ORDER BY id DESC`,
    // libsql takes a null alone for an object of names.
    since ?? '',
  ).map(({ id }) => id);
}

/** Returns the tests of runs, by name. */
export function testsOfRuns(store: Store, ids: readonly number[]): readonly string[] {
  const names = new Set<string>();
  for (const id of ids) {
    const uuid = firstRow<{ readonly uuid: string }>(store, 'SELECT uuid FROM job_runs WHERE id = ?', id)?.uuid;
    if (uuid === undefined) continue;
    const rows = allRows<{ readonly test: string }>(
      store,
      'SELECT tests.test_id AS test FROM runs JOIN test_runs tr ON tr.run_id = runs.id JOIN tests ON tests.id = tr.test_id WHERE runs.uuid = ?',
      uuid,
    );
    for (const { test } of rows) names.add(test);
  }
  return [...names];
}

/** Returns the names of all tests. */
export function allTests(store: Store): readonly string[] {
  return allRows<{ readonly test: string }>(store, 'SELECT test_id AS test FROM tests ORDER BY test_id').map(
    ({ test }) => test,
  );
}
