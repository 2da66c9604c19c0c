import type { SqlValue, Store } from './open-store.js';

/** Returns the rows of a query as what its columns make of them. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- a query says nothing of its columns
export function allRows<Row extends object>(
  store: Pick<Store, 'all'>,
  sql: string,
  ...values: readonly SqlValue[]
): readonly Row[] {
  return store.all(sql, ...values) as unknown as readonly Row[];
}

/** Returns the first row of a query. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- a query says nothing of its columns
export function firstRow<Row extends object>(
  store: Pick<Store, 'first'>,
  sql: string,
  ...values: readonly SqlValue[]
): Row | undefined {
  return store.first(sql, ...values) as unknown as Row | undefined;
}
