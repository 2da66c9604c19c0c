import type { PageStep } from '../page/page-data.js';
import { allRows } from './rows.js';
import type { Store } from './store.js';

/** Forgets the steps of earlier attempts at a run. */
export async function clearSteps(store: Store, runId: number): Promise<void> {
  await store.run('DELETE FROM run_steps WHERE run_id = ?', runId);
}

/** Writes down that a step of a run begins. @returns what `endStep` takes */
export async function beginStep(store: Store, runId: number, step: Pick<PageStep, 'name' | 'kind'>): Promise<number> {
  return await store.insert(
    'INSERT INTO run_steps (run_id, name, kind, started_at) VALUES (?, ?, ?, ?)',
    ...[runId, step.name, step.kind, new Date().toISOString()],
  );
}

/** Writes down that a step has ended. */
export async function endStep(store: Store, step: number, failed: boolean): Promise<void> {
  await store.run(
    'UPDATE run_steps SET ended_at = ?, failed = ? WHERE id = ?',
    new Date().toISOString(),
    failed ? 1 : 0,
    step,
  );
}

/** Returns the steps of a run in their order. */
export async function stepsOfRun(store: Store, runId: number): Promise<readonly PageStep[]> {
  const rows = await allRows<Omit<PageStep, 'failed'> & { readonly failed: number }>(
    store,
    `SELECT name, kind, started_at AS "startedAt", ended_at AS "endedAt", failed FROM run_steps WHERE run_id = ?
     ORDER BY id`,
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
