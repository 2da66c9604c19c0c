import { firstRow } from '../store/rows.js';
import type { Store } from '../store/store.js';
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
export async function recordResults(database: Store, run: RecordedRun): Promise<ResultCounts> {
  const merged = mergeResults(run.tests);
  const counts = countResults(merged);
  await database.transaction(async (store) => {
    await forgetResults(store, run.uuid);
    const time = merged.reduce((sum, { seconds = 0 }) => sum + seconds, 0);
    const runId = await store.insert(
      'INSERT INTO runs (uuid, skips, fails, passes, run_time, artifacts, run_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
      ...[run.uuid, counts.skipped, counts.failed, counts.passed, time, run.artifacts ?? null, sqlTime(run.at)],
    );
    for (const [key, value] of Object.entries(run.metadata)) {
      await store.run(
        'INSERT INTO run_metadata ("key", value, run_id) VALUES (?, ?, ?)',
        ...[key.slice(0, MOST_VALUE), value.slice(0, MOST_VALUE), runId],
      );
    }
    for (const test of merged) await recordTest(store, { test, runId, at: run.at });
  });
  return counts;
}

/** Returns whether the results of a run are in the database. */
export async function areRecorded(store: Store, uuid: string): Promise<boolean> {
  return (await store.first('SELECT id FROM runs WHERE uuid = ?', uuid)) !== undefined;
}

async function recordTest(
  store: Store,
  { test, runId, at }: { readonly test: MergedResult; readonly runId: number; readonly at: string },
): Promise<void> {
  const testId = await countTest(store, test);
  const start = test.startedAt ?? (test.seconds === undefined ? undefined : at);
  const stop = start === undefined || test.seconds === undefined ? undefined : after(start, test.seconds);
  const testRunId = await store.insert(
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
    await store.run(
      'INSERT INTO test_run_metadata ("key", value, test_run_id) VALUES (?, ?, ?)',
      ...[key, value.slice(0, MOST_VALUE), testRunId],
    );
  }
  if (test.attrs !== undefined) {
    await store.run(
      `INSERT INTO test_metadata ("key", value, test_id) VALUES (?, ?, ?) ${store.dialect.orNothing('test_id, "key", value')}`,
      ...['attrs', test.attrs.slice(0, MOST_VALUE), testId],
    );
  }
  if (test.status !== 'fail' && test.status !== 'uxsuccess') return;
  for (const [label, text] of Object.entries(test.details ?? {})) {
    await store.run(
      'INSERT INTO attachments (test_run_id, label, attachment) VALUES (?, ?, ?)',
      ...[testRunId, label.slice(0, MOST_VALUE), Buffer.from(text)],
    );
  }
}

/** Counts a result at its test, which is made where it is new. @returns the number of the test */
async function countTest(store: Store, { name, status, seconds }: MergedResult): Promise<number> {
  const id = name.length > MOST_ID ? `${name.slice(0, MOST_ID - 1)}…` : name;
  const passed = status === 'success' || status === 'xfail' ? 1 : 0;
  const failed = status === 'fail' || status === 'uxsuccess' ? 1 : 0;
  const time = status === 'success' ? (seconds ?? null) : null;
  const { given } = store.dialect;
  const mean = `run_time = CASE
    WHEN ${given('run_time')} IS NULL THEN tests.run_time
    WHEN tests.run_time IS NULL OR tests.success = 0 THEN ${given('run_time')}
    ELSE (tests.run_time * tests.success + ${given('run_time')}) / (tests.success + 1) END`;
  const sums = ['run_count', 'success', 'failure'].map((column) => `${column} = tests.${column} + ${given(column)}`);
  await store.run(
    `INSERT INTO tests (test_id, run_count, success, failure, run_time) VALUES (?, ?, ?, ?, ?)
     ${store.dialect.orUpdate('test_id', [mean, ...sums])}`,
    ...[id, passed + failed, passed, failed, time],
  );
  return Number((await firstRow<{ id: number }>(store, 'SELECT id FROM tests WHERE test_id = ?', id))?.id);
}

/** Takes the results of a run away, and what was counted of them. */
async function forgetResults(store: Store, uuid: string): Promise<void> {
  const run = await firstRow<{ id: number }>(store, 'SELECT id FROM runs WHERE uuid = ?', uuid);
  if (!run) return;
  const of = 'IN (SELECT id FROM test_runs WHERE run_id = ?)';
  const gone = (statuses: string): string =>
    `(SELECT COUNT(*) FROM test_runs tr WHERE tr.test_id = tests.id AND tr.run_id = ?1 AND tr.status IN (${statuses}))`;
  const [passed, failed] = [gone("'success', 'xfail'"), gone("'fail', 'uxsuccess'")];
  await store.run(
    `UPDATE tests SET run_count = run_count - ${passed} - ${failed}, success = success - ${passed},
       failure = failure - ${failed}
     WHERE id IN (SELECT test_id FROM test_runs WHERE run_id = ?1)`,
    run.id,
  );
  await store.run(`DELETE FROM attachments WHERE test_run_id ${of}`, run.id);
  await store.run(`DELETE FROM test_run_metadata WHERE test_run_id ${of}`, run.id);
  for (const table of ['test_runs', 'run_metadata']) await store.run(`DELETE FROM ${table} WHERE run_id = ?`, run.id);
  await store.run('DELETE FROM runs WHERE id = ?', run.id);
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
