import { firstRow } from '../store/rows.js';
import type { Store } from '../store/open-store.js';
import type { TestResult } from '../test-result.js';
import { mergeResults, type MergedResult } from './merge-results.js';

export interface RecordedRun {
  /** That of the job's run, or one that stands for what is imported. */
  readonly uuid: string;
  /** ISO 8601. */
  readonly at: string;
  readonly tests: readonly TestResult[];
  /** What is known of the run: see `runMetadata`. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Where its logs are. */
  readonly artifacts?: string | undefined;
}

/** How many results of each kind there are; what was expected to fail and did counts as passed, as in subunit2sql. */
export interface ResultCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** What is known of the run of a job, by the keys that OpenStack's CI gives subunit2sql. */
export interface RunFacts {
  readonly job?: string | undefined;
  readonly project?: string | undefined;
  readonly branch?: string | undefined;
  readonly change?: number | undefined;
  readonly patchSet?: number | undefined;
  readonly revision?: string | undefined;
  /** The number of the run in our own tables. */
  readonly run?: number | undefined;
}

const KEYS: Readonly<Record<keyof RunFacts, string>> = {
  job: 'build_name',
  project: 'project',
  branch: 'build_branch',
  change: 'build_change',
  patchSet: 'build_patchset',
  revision: 'build_ref',
  run: 'build_number',
};

/** Characters of a name and of a value in the tables. */
const MOST_ID = 256;
const MOST_VALUE = 255;

/** Returns what is known of a run as metadata. */
export function runMetadata(facts: RunFacts): Record<string, string> {
  const known = Object.entries(KEYS).flatMap(([name, key]) => {
    const value = facts[name as keyof RunFacts];
    return value === undefined || value === '' ? [] : [[key, String(value)] as const];
  });
  return Object.fromEntries(known);
}

/** Counts results. */
export function countResults(tests: readonly Pick<TestResult, 'status'>[]): ResultCounts {
  const count = (...statuses: readonly TestResult['status'][]): number =>
    tests.filter(({ status }) => statuses.includes(status)).length;
  return { passed: count('success', 'xfail'), failed: count('fail', 'uxsuccess'), skipped: count('skip') };
}

/**
 * Writes the results of a run into the database, all or nothing. Results of the same run that are there go first: a run that was
 * begun again counts once.
 */
export function recordResults(store: Store, run: RecordedRun): ResultCounts {
  const merged = mergeResults(run.tests);
  const counts = countResults(merged);
  store.transaction(() => {
    forgetResults(store, run.uuid);
    const time = merged.reduce((sum, { seconds = 0 }) => sum + seconds, 0);
    const { lastId: runId } = store.run(
      'INSERT INTO runs (uuid, skips, fails, passes, run_time, artifacts, run_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
      ...[run.uuid, counts.skipped, counts.failed, counts.passed, time, run.artifacts ?? null, sqlTime(run.at)],
    );
    for (const [key, value] of Object.entries(run.metadata)) {
      store.run(
        'INSERT INTO run_metadata ("key", value, run_id) VALUES (?, ?, ?)',
        ...[key.slice(0, MOST_VALUE), value.slice(0, MOST_VALUE), runId],
      );
    }
    for (const test of merged) recordTest(store, { test, runId, at: run.at });
  });
  return counts;
}

/** Returns whether the results of a run are in the database. */
export function areRecorded(store: Store, uuid: string): boolean {
  return store.first('SELECT id FROM runs WHERE uuid = ?', uuid) !== undefined;
}

function recordTest(
  store: Store,
  { test, runId, at }: { readonly test: MergedResult; readonly runId: number; readonly at: string },
): void {
  const testId = countTest(store, test);
  const start = test.startedAt ?? (test.seconds === undefined ? undefined : at);
  const stop = start === undefined || test.seconds === undefined ? undefined : after(start, test.seconds);
  const { lastId: testRunId } = store.run(
    `INSERT INTO test_runs (test_id, run_id, status, start_time, start_time_microsecond, stop_time, stop_time_microsecond)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
    ...[testId, runId, test.status],
    ...[start === undefined ? null : sqlTime(start), start === undefined ? 0 : microseconds(start)],
    ...[stop?.time ?? null, stop?.microseconds ?? 0],
  );
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['tags', test.tags?.join(',')],
    ['attrs', test.attrs],
    ['reason', test.reason],
  ];
  for (const [key, value] of facts) {
    if (value === undefined || value === '') continue;
    store.run(
      'INSERT INTO test_run_metadata ("key", value, test_run_id) VALUES (?, ?, ?)',
      ...[key, value.slice(0, MOST_VALUE), testRunId],
    );
  }
  if (test.attrs !== undefined) {
    store.run(
      'INSERT OR IGNORE INTO test_metadata ("key", value, test_id) VALUES (?, ?, ?)',
      ...['attrs', test.attrs.slice(0, MOST_VALUE), testId],
    );
  }
  if (test.status !== 'fail' && test.status !== 'uxsuccess') return;
  for (const [label, text] of Object.entries(test.details ?? {})) {
    store.run(
      'INSERT INTO attachments (test_run_id, label, attachment) VALUES (?, ?, ?)',
      ...[testRunId, label.slice(0, MOST_VALUE), Buffer.from(text)],
    );
  }
}

/** Counts a result at its test, which is made where it is new. @returns the number of the test */
function countTest(store: Store, { name, status, seconds }: MergedResult): number {
  const id = name.length > MOST_ID ? `${name.slice(0, MOST_ID - 1)}…` : name;
  const passed = status === 'success' || status === 'xfail' ? 1 : 0;
  const failed = status === 'fail' || status === 'uxsuccess' ? 1 : 0;
  const time = status === 'success' ? (seconds ?? null) : null;
  store.run(
    `INSERT INTO tests (test_id, run_count, success, failure, run_time) VALUES (?1, ?2, ?3, ?4, ?5)
     ON CONFLICT (test_id) DO UPDATE SET
       run_count = run_count + ?2, success = success + ?3, failure = failure + ?4,
       run_time = CASE WHEN ?5 IS NULL THEN run_time WHEN run_time IS NULL OR success = 0 THEN ?5
                       ELSE (run_time * success + ?5) / (success + 1) END`,
    ...[id, passed + failed, passed, failed, time],
  );
  return Number(firstRow<{ id: number }>(store, 'SELECT id FROM tests WHERE test_id = ?', id)?.id);
}

/** Takes the results of a run away, and what was counted of them. */
function forgetResults(store: Store, uuid: string): void {
  const run = firstRow<{ id: number }>(store, 'SELECT id FROM runs WHERE uuid = ?', uuid);
  if (!run) return;
  const of = 'IN (SELECT id FROM test_runs WHERE run_id = ?)';
  store.run(
    `UPDATE tests SET
       success = tests.success - gone.passed, failure = tests.failure - gone.failed,
       run_count = tests.run_count - gone.passed - gone.failed
     FROM (SELECT test_id, status IN ('success', 'xfail') AS passed, status IN ('fail', 'uxsuccess') AS failed
           FROM test_runs WHERE run_id = ?) AS gone
     WHERE tests.id = gone.test_id`,
    run.id,
  );
  store.run(`DELETE FROM attachments WHERE test_run_id ${of}`, run.id);
  store.run(`DELETE FROM test_run_metadata WHERE test_run_id ${of}`, run.id);
  for (const table of ['test_runs', 'run_metadata']) store.run(`DELETE FROM ${table} WHERE run_id = ?`, run.id);
  store.run('DELETE FROM runs WHERE id = ?', run.id);
}

/** A time as the tables have it: `2026-01-02 03:04:05`, UTC. */
export function sqlTime(time: string): string {
  return new Date(time).toISOString().slice(0, 19).replace('T', ' ');
}

function microseconds(time: string): number {
  const [, fraction = ''] = /\.(\d+)/.exec(time) ?? [];
  return Number(fraction.padEnd(6, '0').slice(0, 6));
}

function after(start: string, seconds: number): { readonly time: string; readonly microseconds: number } {
  const whole = Math.floor(Date.parse(start) / 1000);
  const parts = microseconds(start) + Math.round(seconds * 1e6);
  const time = new Date((whole + Math.floor(parts / 1e6)) * 1000);
  return { time: sqlTime(time.toISOString()), microseconds: parts % 1e6 };
}
