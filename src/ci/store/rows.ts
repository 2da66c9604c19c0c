import type { SqlValue, Store } from './store.js';

/** Returns the rows of a query as what its columns make of them. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- a query says nothing of its columns
export async function allRows<Row extends object>(
  store: Pick<Store, 'all'>,
  sql: string,
  ...values: readonly SqlValue[]
): Promise<readonly Row[]> {
  return (await store.all(sql, ...values)) as unknown as readonly Row[];
}

/** Returns the first row of a query. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- a query says nothing of its columns
export async function firstRow<Row extends object>(
  store: Pick<Store, 'first'>,
  sql: string,
  ...values: readonly SqlValue[]
): Promise<Row | undefined> {
  return (await store.first(sql, ...values)) as unknown as Row | undefined;
}
