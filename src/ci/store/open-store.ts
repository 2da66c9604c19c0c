import { join } from 'node:path';
import { isDatabaseUrl, readDatabaseUrl } from '../../config/database-url.js';
import { withhold } from '../../process/secret-variables.js';
import { openSqlite } from './open-sqlite.js';
import { readPgpass } from './read-pgpass.js';
import type { Patience } from './server-store.js';
import type { OpenedStore } from './store.js';

export interface OpenStoreOptions {
  /** Where passwords are looked for. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Waits for a server that is away; without it, that is an error. */
  readonly patience?: Patience | undefined;
}

/**
 * Opens the database, which is made and brought to the current form where that is needed. Any number of processes can have it
 * open.
 *
 * @param database the path of an SQLite database, or a URL
 * @throws VirtbsError `ci-database` where it cannot be used, or was written by a newer virtbs
 */
export async function openStore(database: string, { env = {}, patience }: OpenStoreOptions = {}): Promise<OpenedStore> {
  if (!isDatabaseUrl(database)) return await openSqlite(database);
  const url = readDatabaseUrl(database);
  const given = (variable: string): string | undefined => {
    const value = env[variable];
    if (value === undefined || value === '') return undefined;
    // What runs here later has nothing to do with it.
    withhold(variable);
    return value;
  };
  if (url.kind === 'mariadb') {
    const { openMariadb } = await import('./open-mariadb.js');
    return await openMariadb({ url, patience, password: async () => given('MYSQL_PWD') });
  }
  const { openPostgresql } = await import('./open-postgresql.js');
  return await openPostgresql({
    ...{ url, patience },
    async password(user) {
      const { PGPASSFILE: path, HOME: home } = env;
      const file = path ?? (home === undefined ? undefined : join(home, '.pgpass'));
      return given('PGPASSWORD') ?? (file === undefined ? undefined : await readPgpass(file, { ...url, user }));
    },
  });
}
