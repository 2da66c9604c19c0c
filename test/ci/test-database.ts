import { join } from 'node:path';
import { env } from 'node:process';
import { readDatabaseUrl } from '../../src/config/database-url.js';

/** The variable with the URL of a server's database, in which tests may make databases; else each has a file. */
export const TEST_SERVER = 'VIRTBS_TEST_DATABASE';

let made = 0;

/** Returns the path or URL of a database for a test, which is empty. */
export async function newDatabase(folder: string): Promise<string> {
  const server = env[TEST_SERVER];
  if (server === undefined) return join(folder, 'ci.db');
  const { kind, host, port, user, database } = readDatabaseUrl(server);
  const name = `test_${process.pid}_${(made += 1)}`;
  if (kind === 'mariadb') {
    const { createConnection } = await import('mysql2/promise');
    const client = await createConnection({ socketPath: host, user: user ?? 'root' });
    await client.query(`CREATE DATABASE ${name}`);
    await client.end();
  } else {
    const { default: pg } = await import('pg');
    const client = new pg.Client({ host, port, user, database });
    await client.connect();
    await client.query(`CREATE DATABASE ${name}`);
    await client.end();
  }
  return server.replace(`/${database}?`, `/${name}?`);
}
