import type { Dialect } from './dialect.js';

export type SqlValue = string | number | null | Uint8Array;
export type SqlRow = Readonly<Record<string, SqlValue>>;

/**
 * What is asked of a database, whichever it is. `?` stands for the next value, `?1` for the first. Names that have capitals are
 * quoted.
 */
export interface Store {
  /** What each kind of database writes in its own way. */
  readonly dialect: Dialect;
  /** Returns all rows of a query. */
  all(sql: string, ...values: readonly SqlValue[]): Promise<readonly SqlRow[]>;
  /** Returns the first row of a query. */
  first(sql: string, ...values: readonly SqlValue[]): Promise<SqlRow | undefined>;
  /** Changes rows. @returns how many */
  run(sql: string, ...values: readonly SqlValue[]): Promise<number>;
  /** Does an INSERT of one row into a table that counts its rows. @returns the number of the row: its `id` */
  insert(sql: string, ...values: readonly SqlValue[]): Promise<number>;
  /**
   * Does all of the work or nothing; nobody else writes meanwhile. The work uses the store that it is given: any other waits for its
   * end. A transaction in another is a part of it.
   */
  transaction<T>(work: (store: Store) => Promise<T>): Promise<T>;
}

/** A database that is open. */
export interface OpenedStore extends Store, AsyncDisposable {
  /** Its path or URL, as it may be shown. */
  readonly name: string;
}
