import type { PageStep } from '../page/page-data.js';
import type { Store } from './open-store.js';
import { allRows } from './rows.js';

/** Forgets the steps of earlier attempts at a run. */
export function clearSteps(store: Store, runId: number): void {
  store.run('DELETE FROM run_steps WHERE run_id = ?', runId);
}

/** Writes down that a step of a run begins. @returns what `endStep` takes */
export function beginStep(store: Store, runId: number, step: Pick<PageStep, 'name' | 'kind'>): number {
  return store.run(
    'INSERT INTO run_steps (run_id, name, kind, started_at) VALUES (?, ?, ?, ?)',
    ...[runId, step.name, step.kind, new Date().toISOString()],
  ).lastId;
}

/** Writes down that a step has ended. */
export function endStep(store: Store, step: number, failed: boolean): void {
  store.run(
    'UPDATE run_steps SET ended_at = ?, failed = ? WHERE id = ?',
    new Date().toISOString(),
    failed ? 1 : 0,
    step,
  );
}

/** Returns the steps of a run in their order. */
export function stepsOfRun(store: Store, runId: number): readonly PageStep[] {
  const rows = allRows<Omit<PageStep, 'failed'> & { readonly failed: number }>(
    store,
    'SELECT name, kind, started_at AS startedAt, ended_at AS endedAt, failed FROM run_steps WHERE run_id = ? ORDER BY id',
    runId,
  );
  return rows.map(({ name, kind, startedAt, endedAt, failed }) => ({
    name,
    kind,
    startedAt,
    endedAt,
    failed: failed === 1,
  }));
}
