import type { Dialect } from '../store/dialect.js';
import { allRows } from '../store/rows.js';
import type { Store } from '../store/store.js';
import { sqlTime } from './record-results.js';

/** What is known of a test in a job and on a branch. Skipped results count nowhere. */
export interface TestStatistics {
  readonly test: string;
  /** Null where results were imported without it. */
  readonly job: string | null;
  readonly branch: string | null;
  readonly runs: number;
  readonly passed: number;
  readonly failed: number;
  /** From 0 to 1. */
  readonly passRate: number;
  /** How often it passed after it failed, or the other way round. */
  readonly flips: number;
  /** Revisions with which it passed and failed as well: nothing but chance was between them. */
  readonly unsteady: number;
  /** Of results that passed; null where times are not known. */
  readonly meanSeconds: number | null;
  readonly longestSeconds: number | null;
  readonly lastStatus: 'passed' | 'failed';
  /** ISO 8601. */
  readonly lastRun: string;
  readonly lastFailure: string | null;
}

export interface StatisticsFilter {
  /** ISO 8601; of all times where not given. */
  readonly since?: string | undefined;
  readonly job?: string | undefined;
  readonly branch?: string | undefined;
  /** A part of the name. */
  readonly match?: string | undefined;
  /** The exact name. */
  readonly test?: string | undefined;
  readonly order: 'failures' | 'flaky' | 'slow' | 'name';
  readonly limit: number;
}

/** The order of what may be null. */
const WHERE_RUN = "COALESCE(summed.job, ''), COALESCE(summed.branch, '')";

const ORDERS: Readonly<Record<StatisticsFilter['order'], string>> = {
  failures: `failed DESC, test, ${WHERE_RUN}`,
  flaky: 'unsteady DESC, flips DESC, failed DESC, test',
  slow: 'summed."meanSeconds" IS NULL, summed."meanSeconds" DESC, test',
  name: `test, ${WHERE_RUN}`,
};

/** Twice the change of what a change broke and another one repaired. */
const MOST_STEADY_FLIPS = 2;

interface StatisticsRow {
  readonly test: string;
  readonly job: string | null;
  readonly branch: string | null;
  readonly runs: number;
  readonly passed: number;
  readonly flips: number;
  readonly unsteady: number;
  readonly meanSeconds: number | null;
  readonly longestSeconds: number | null;
  readonly lastGood: number;
  readonly lastRun: string;
  readonly lastFailure: string | null;
}

/** Seconds of a result, in SQL. */
function secondsOf({ wholeSeconds }: Dialect): string {
  const whole = wholeSeconds('tr.start_time', 'tr.stop_time');
  return `(${whole} + (tr.stop_time_microsecond - tr.start_time_microsecond) / 1e6)`;
}

function query(dialect: Dialect, conditions: readonly string[], order: StatisticsFilter['order']): string {
  return `
  WITH results AS (
    SELECT tr.test_id, job.value AS job, branch.value AS branch, revision.value AS revision, runs.run_at, runs.id AS run_id,
      CASE WHEN tr.status IN ('success', 'xfail') THEN 1 ELSE 0 END AS good, ${secondsOf(dialect)} AS seconds
    FROM runs
    JOIN test_runs tr ON tr.run_id = runs.id
    JOIN tests ON tests.id = tr.test_id
    LEFT JOIN run_metadata job ON job.run_id = runs.id AND job."key" = 'build_name'
    LEFT JOIN run_metadata branch ON branch.run_id = runs.id AND branch."key" = 'build_branch'
    LEFT JOIN run_metadata revision ON revision.run_id = runs.id AND revision."key" = 'build_ref'
    WHERE ${["tr.status <> 'skip'", ...conditions].join(' AND ')}
  ), marked AS (
    SELECT results.*, LAG(good) OVER way AS good_before, FIRST_VALUE(good) OVER back AS last_good
    FROM results
    WINDOW way AS (PARTITION BY test_id, job, branch ORDER BY run_at, run_id),
      back AS (PARTITION BY test_id, job, branch ORDER BY run_at DESC, run_id DESC)
  ), mixed AS (
    SELECT test_id, job, branch, COUNT(*) AS unsteady FROM (
      SELECT test_id, job, branch FROM results WHERE revision IS NOT NULL
      GROUP BY test_id, job, branch, revision HAVING MIN(good) <> MAX(good)
    ) AS mixed_revisions GROUP BY test_id, job, branch
  ), summed AS (
    SELECT test_id, job, branch, COUNT(*) AS runs, SUM(good) AS passed, COUNT(*) - SUM(good) AS failed,
      SUM(CASE WHEN good_before <> good THEN 1 ELSE 0 END) AS flips,
      AVG(CASE WHEN good = 1 THEN seconds END) AS "meanSeconds", MAX(seconds) AS "longestSeconds",
      MAX(last_good) AS "lastGood", MAX(run_at) AS "lastRun", MAX(CASE WHEN good = 0 THEN run_at END) AS "lastFailure"
    FROM marked GROUP BY test_id, job, branch
  )
  SELECT tests.test_id AS test, summed.job, summed.branch, runs, passed, failed, flips, COALESCE(unsteady, 0) AS unsteady,
    "meanSeconds", "longestSeconds", "lastGood", "lastRun", "lastFailure"
  FROM summed JOIN tests ON tests.id = summed.test_id
  LEFT JOIN mixed ON mixed.test_id = summed.test_id AND ${dialect.same('mixed.job', 'summed.job')}
    AND ${dialect.same('mixed.branch', 'summed.branch')}
  ${order === 'flaky' ? `WHERE COALESCE(unsteady, 0) > 0 OR flips > ${MOST_STEADY_FLIPS}` : ''}
  ORDER BY ${ORDERS[order]} LIMIT ?`;
}

/**
 * Returns what is known of tests, for each job and branch. In the order `flaky` there are only tests that passed and failed with the
 * same revision, or turned more often than a mistake and its repair explain.
 */
export async function testStatistics(store: Store, filter: StatisticsFilter): Promise<readonly TestStatistics[]> {
  const { since, job, branch, match, test, order, limit } = filter;
  const { dialect } = store;
  const asked = [
    ['runs.run_at >= ?', since === undefined ? undefined : sqlTime(since)],
    ['job.value = ?', job],
    ['branch.value = ?', branch],
    [dialect.contains('lower(tests.test_id)', 'lower(?)'), match],
    ['tests.test_id = ?', test],
  ] as const;
  const given = asked.flatMap(([condition, value]) => (value === undefined ? [] : [{ condition, value }]));
  const conditions = given.map(({ condition }) => condition);
  const values = given.map(({ value }) => value);
  const rows = await allRows<StatisticsRow>(store, query(dialect, conditions, order), ...values, limit);
  return rows.map((row) => ({
    test: row.test,
    job: row.job,
    branch: row.branch,
    runs: row.runs,
    passed: row.passed,
    failed: row.runs - row.passed,
    passRate: row.passed / row.runs,
    flips: row.flips,
    unsteady: row.unsteady,
    meanSeconds: row.meanSeconds,
    longestSeconds: row.longestSeconds,
    lastStatus: row.lastGood === 1 ? 'passed' : 'failed',
    lastRun: isoTime(row.lastRun),
    lastFailure: row.lastFailure === null ? null : isoTime(row.lastFailure),
  }));
}

/** One result of a test. */
export interface TestHistoryEntry {
  readonly job: string | null;
  readonly branch: string | null;
  /** The run in our own tables; null where it was imported. */
  readonly run: number | null;
  readonly status: string;
  /** ISO 8601. */
  readonly at: string;
  readonly seconds: number | null;
  readonly reason: string | null;
  readonly change: string | null;
  readonly patchSet: string | null;
}

/** Returns the last results of a test, the newest first. */
export async function testHistory(store: Store, test: string, limit = 200): Promise<readonly TestHistoryEntry[]> {
  const value = (key: string): string =>
    `(SELECT value FROM run_metadata m WHERE m.run_id = runs.id AND m."key" = '${key}' LIMIT 1)`;
  const rows = await allRows<Omit<TestHistoryEntry, 'run'> & { readonly run: string | null }>(
    store,
    `SELECT ${value('build_name')} AS job, ${value('build_branch')} AS branch, ${value('build_change')} AS "change",
       ${value('build_patchset')} AS "patchSet", ${value('build_number')} AS run, tr.status, runs.run_at AS at, ${secondsOf(store.dialect)} AS seconds,
       (SELECT value FROM test_run_metadata m WHERE m.test_run_id = tr.id AND m."key" = 'reason' LIMIT 1) AS reason
     FROM tests JOIN test_runs tr ON tr.test_id = tests.id JOIN runs ON runs.id = tr.run_id
     WHERE tests.test_id = ? ORDER BY runs.run_at DESC, runs.id DESC LIMIT ?`,
    ...[test, limit],
  );
  return rows.map(({ job, branch, run, status, at, seconds, reason, change, patchSet }) => ({
    ...{
      job,
      branch,
      run: run === null ? null : Number(run),
      status,
      at: isoTime(at),
      seconds,
      reason,
      change,
      patchSet,
    },
  }));
}

/** A test of one run, with its output where it failed. */
export interface RunTest {
  readonly test: string;
  readonly status: string;
  readonly seconds: number | null;
  readonly reason: string | null;
  readonly details: Readonly<Record<string, string>>;
}

/** Returns the tests of a run: failed ones first, each with its output, then the others by name. */
export async function testsOfRun(store: Store, uuid: string): Promise<readonly RunTest[]> {
  const rows = await allRows<{
    id: number;
    test: string;
    status: string;
    seconds: number | null;
    reason: string | null;
  }>(
    store,
    `SELECT tr.id, tests.test_id AS test, tr.status, ${secondsOf(store.dialect)} AS seconds,
       (SELECT value FROM test_run_metadata m WHERE m.test_run_id = tr.id AND m."key" = 'reason' LIMIT 1) AS reason
     FROM runs JOIN test_runs tr ON tr.run_id = runs.id JOIN tests ON tests.id = tr.test_id
     WHERE runs.uuid = ? ORDER BY tr.status IN ('fail', 'uxsuccess') DESC, tests.test_id`,
    uuid,
  );
  const details = new Map<number, [string, string][]>();
  const texts = await allRows<{ id: number; label: string; attachment: Uint8Array }>(
    store,
    `SELECT a.test_run_id AS id, a.label, a.attachment FROM attachments a JOIN test_runs tr ON tr.id = a.test_run_id
     JOIN runs ON runs.id = tr.run_id WHERE runs.uuid = ? ORDER BY a.id`,
    uuid,
  );
  for (const { id, label, attachment } of texts) {
    const list = details.get(id) ?? [];
    list.push([label, Buffer.from(attachment).toString()]);
    details.set(id, list);
  }
  return rows.map(({ id, test, status, seconds, reason }) => ({
    ...{ test, status, seconds, reason, details: Object.fromEntries(details.get(id) ?? []) },
  }));
}

function isoTime(time: string): string {
  return `${time.replace(' ', 'T')}Z`;
}
