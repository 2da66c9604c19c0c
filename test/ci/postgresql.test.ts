import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { MIGRATIONS } from '../../src/ci/store/migrations.js';
import { checkServer } from '../../src/ci/store/open-postgresql.js';
import { openStore, type OpenStoreOptions } from '../../src/ci/store/open-store.js';
import { testServer } from './server-contract.js';
import { noPostgresql, TestPostgresql } from './test-postgresql.js';

const skip = noPostgresql;
const server = skip === false ? await TestPostgresql.start() : undefined;
t.teardown(async () => await server?.[Symbol.asyncDispose]());

function running(): TestPostgresql {
  if (!server) throw new Error('no server');
  return server;
}

testServer(t, { skip, server });

t.test('what is wrong is told with its cure, and never with the password', { skip }, async (t) => {
  const { port, folder } = running();
  const database = await running().newDatabase();
  const tcp = (login: string, name = database): string => `postgresql://${login}@127.0.0.1:${port}/${name}`;
  const open = async (url: string, options?: OpenStoreOptions): Promise<void> => {
    await using _store = await openStore(url, options);
  };
  const passwords = join(folder, 'passwords');
  await writeFile(passwords, `# mine\n127.0.0.1:${port}:other:*:no\n*:*:*:virtbs:s3cr\\:t\n`, { mode: 0o600 });
  await open(tcp('virtbs:s3cr%3At'));
  await open(tcp('virtbs'), { env: { PGPASSWORD: 's3cr:t' } });
  await open(tcp('virtbs'), { env: { PGPASSFILE: passwords } });
  await chmod(passwords, 0o644);
  const wanted = { code: 'ci-database', message: /wants a password for "virtbs"/, hint: /~\/\.pgpass/ };
  await t.rejects(open(tcp('virtbs'), { env: { PGPASSFILE: passwords } }), wanted);
  await t.rejects(open(tcp('virtbs:wr0ng')), {
    code: 'ci-database',
    message: new RegExp(
      `^the CI database postgresql://virtbs@127.0.0.1:${port}/${database}: the server refuses "virtbs": (?!.*wr0ng)`,
    ),
  });
  await t.rejects(open(running().url('nowhere')), { code: 'ci-database', hint: 'make it: createdb -O virtbs nowhere' });
  await t.rejects(open(running().url('postgres')), { code: 'ci-database', hint: /OWNER TO virtbs/ });
  await t.rejects(open('postgresql://virtbs@127.0.0.1:1/ci'), {
    code: 'ci-database',
    message: /is away: connect ECONNREFUSED/,
  });
  await t.rejects(open(`${tcp('virtbs:s3cr%3At')}?sslmode=require`), { code: 'ci-database', message: /SSL/ });

  await running().query(`UPDATE virtbs_schema SET version = ${MIGRATIONS.length + 1}`, database);
  await t.rejects(open(tcp('virtbs:s3cr%3At')), { code: 'ci-database', message: /was written by a newer virtbs/ });
  const foreign = await running().newDatabase();
  await running().query('CREATE TABLE runs (id INTEGER)', foreign);
  await t.rejects(open(running().url(foreign)), { code: 'ci-database', hint: /a database of its own/ });
  t.strictSame(
    await running().query("SELECT to_regclass('events') AS events", foreign),
    [{ events: null }],
    'nothing is left',
  );
  t.throws(() => checkServer('ci', 120_022, 'UTF8'), {
    code: 'ci-database',
    message: /PostgreSQL 12, which is too old/,
  });
  t.throws(() => checkServer('ci', 150_001, 'LATIN1'), { code: 'ci-database', hint: /UTF8/ });
});
