import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type Libsql from 'libsql';
import { VirtbsError } from '../../errors.js';
import { assertKnownVersion } from './assert-known-version.js';
import type { Dialect } from './dialect.js';
import { Gate } from './gate.js';
import { MIGRATIONS } from './migrations.js';
import type { OpenedStore, SqlRow, SqlValue, Store } from './store.js';

/** Milliseconds to wait for another process that writes. */
const BUSY_TIMEOUT = 30_000;

const DIALECT: Dialect = {
  name: 'sqlite',
  seconds: (from, to) => `(julianday(${to}) - julianday(${from})) * 86400`,
  wholeSeconds: (from, to) => `strftime('%s', ${to}) - strftime('%s', ${from})`,
  contains: (text, part) => `instr(${text}, ${part}) > 0`,
  same: (one, other) => `${one} IS ${other}`,
  orNothing: (key) => `ON CONFLICT (${key}) DO NOTHING`,
  orUpdate: (key, assignments) => `ON CONFLICT (${key}) DO UPDATE SET ${assignments.join(', ')}`,
  given: (column) => `excluded.${column}`,
};

/** Opens an SQLite database, a file. A statement is done at once, before anything else that the process does. */
export async function openSqlite(path: string): Promise<OpenedStore> {
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
      assertKnownVersion(version, { label: path, kind: 'file' });
      for (const sql of MIGRATIONS.slice(version)) database.exec(sql);
      if (version < MIGRATIONS.length) database.exec(`PRAGMA user_version = ${MIGRATIONS.length}`);
    });
    migrate.immediate();
  }
}

function makeStore(database: Libsql.Database, path: string): OpenedStore {
  const statements = new Map<string, Libsql.Statement>();
  const prepared = (sql: string): Libsql.Statement => {
    let statement = statements.get(sql);
    if (!statement) statements.set(sql, (statement = database.prepare(sql)));
    return statement;
  };
  const all = (sql: string, values: readonly SqlValue[]) => prepared(sql).all(...values) as SqlRow[];
  // By `all`: after it, `get` of libsql 0.5 has the values of the call before where the statement is the same.
  const first = (sql: string, values: readonly SqlValue[]): SqlRow | undefined => all(sql, values)[0];
  const run = (sql: string, values: readonly SqlValue[]) => prepared(sql).run(...values);
  const within: Store = {
    dialect: DIALECT,
    all: async (sql, ...values) => all(sql, values),
    first: async (sql, ...values) => first(sql, values),
    run: async (sql, ...values) => run(sql, values).changes,
    insert: async (sql, ...values) => Number(run(sql, values).lastInsertRowid),
    transaction: (work) => work(within),
  };
  const gate = new Gate();
  return {
    name: path,
    dialect: DIALECT,
    all: (sql, ...values) => gate.pass(() => all(sql, values)),
    first: (sql, ...values) => gate.pass(() => first(sql, values)),
    run: (sql, ...values) => gate.pass(() => run(sql, values).changes),
    insert: (sql, ...values) => gate.pass(() => Number(run(sql, values).lastInsertRowid)),
    transaction: (work) =>
      gate.hold(async () => {
        database.exec('BEGIN IMMEDIATE');
        try {
          const result = await work(within);
          database.exec('COMMIT');
          return result;
        } catch (error) {
          if (database.inTransaction) database.exec('ROLLBACK');
          throw error;
        }
      }),
    async [Symbol.asyncDispose]() {
      await gate.hold(async () => {
        database.close();
      });
    },
  };
}
