import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type Libsql from 'libsql';
import { VirtbsError } from '../../errors.js';
import { MIGRATIONS } from './migrations.js';

/** Milliseconds to wait for another process that writes. */
const BUSY_TIMEOUT = 30_000;

export type SqlValue = string | number | null | Uint8Array;
export type SqlRow = Readonly<Record<string, SqlValue>>;

/** An SQLite database. Calls are synchronous: each is one statement, or a short transaction. */
export interface Store extends Disposable {
  readonly path: string;
  /** Returns all rows of a query. */
  all(sql: string, ...values: readonly SqlValue[]): readonly SqlRow[];
  /** Returns the first row of a query. */
  first(sql: string, ...values: readonly SqlValue[]): SqlRow | undefined;
  /** Changes rows. `lastId` is the row that an INSERT made. */
  run(sql: string, ...values: readonly SqlValue[]): { readonly changes: number; readonly lastId: number };
  /** Does all of the work or nothing; nobody else writes meanwhile. A transaction in another is a part of it. */
  transaction<T>(work: () => T): T;
}

/**
 * Opens the database, which is made and brought to the current form where that is needed. Any number of processes can have it
 * open.
 *
 * @throws VirtbsError `ci-database` where it cannot be used, or was written by a newer virtbs
 */
export async function openStore(path: string): Promise<Store> {
  const { default: Database } = await import('libsql');
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const database = new Database(path);
    try {
      prepare(database);
    } catch (error) {
      database.close();
      throw error;
    }
    return makeStore(database, path);
  } catch (error) {
    if (error instanceof VirtbsError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new VirtbsError('ci-database', `the CI database ${path} cannot be used: ${reason}`, { cause: error });
  }

  function prepare(database: Libsql.Database): void {
    database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT}`);
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON');
    const migrate = database.transaction(() => {
      const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number };
      if (version > MIGRATIONS.length) {
        throw new VirtbsError('ci-database', `the CI database ${path} was written by a newer virtbs`, {
          hint: 'use that version, or name another file: database, below ci in the configuration',
        });
      }
      for (const sql of MIGRATIONS.slice(version)) database.exec(sql);
      if (version < MIGRATIONS.length) database.exec(`PRAGMA user_version = ${MIGRATIONS.length}`);
    });
    migrate.immediate();
  }
}

function makeStore(database: Libsql.Database, path: string): Store {
  const statements = new Map<string, Libsql.Statement>();
  const prepared = (sql: string): Libsql.Statement => {
    let statement = statements.get(sql);
    if (!statement) statements.set(sql, (statement = database.prepare(sql)));
    return statement;
  };
  return {
    path,
    all: (sql, ...values) => prepared(sql).all(...values) as SqlRow[],
    // By `all`: after it, `get` of libsql 0.5 has the values of the call before where the statement is the same.
    first: (sql, ...values) => (prepared(sql).all(...values) as SqlRow[])[0],
    run(sql, ...values) {
      const { changes, lastInsertRowid } = prepared(sql).run(...values);
      return { changes, lastId: Number(lastInsertRowid) };
    },
    transaction: (work) => (database.inTransaction ? work() : database.transaction(work).immediate()),
    [Symbol.dispose]() {
      database.close();
    },
  };
}
