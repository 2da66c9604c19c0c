import t from 'tap';
import { MIGRATIONS } from '../../src/ci/store/migrations.js';
import { checkMariadb } from '../../src/ci/store/open-mariadb.js';
import { openStore, type OpenStoreOptions } from '../../src/ci/store/open-store.js';
import { testServer } from './server-contract.js';
import { noMariadb, TestMariadb } from './test-mariadb.js';

const skip = noMariadb;
const server = skip === false ? await TestMariadb.start() : undefined;
t.teardown(async () => await server?.[Symbol.asyncDispose]());

function running(): TestMariadb {
  if (!server) throw new Error('no server');
  return server;
}

testServer(t, { skip, server });

t.test('what is wrong is told with its cure, and never with the password', { skip }, async (t) => {
  const { port } = running();
  const database = await running().newDatabase();
  const tcp = (login: string, name = database): string => `mysql://${login}@127.0.0.1:${port}/${name}`;
  const open = async (url: string, options?: OpenStoreOptions): Promise<void> => {
    await using _store = await openStore(url, options);
  };
  await open(tcp('virtbs'), { env: { MYSQL_PWD: 's3cr:t' } });
  await open(tcp('virtbs:s3cr%3At'));
  await t.rejects(open(tcp('virtbs')), { code: 'ci-database', hint: /MYSQL_PWD/ });
  await t.rejects(open(tcp('virtbs:wr0ng')), {
    code: 'ci-database',
    message: /^the CI database mariadb:\/\/virtbs@127.*: the server refuses "virtbs": (?!.*wr0ng)/,
  });
  await t.rejects(open(running().url('nowhere', 'root')), { code: 'ci-database', hint: /CREATE DATABASE nowhere/ });
  await t.rejects(open(running().url('mysql', 'virtbs:s3cr%3At')), { code: 'ci-database', hint: /GRANT ALL ON mysql/ });
  await t.rejects(open('mariadb://virtbs@127.0.0.1:1/ci'), {
    code: 'ci-database',
    message: /is away: connect ECONNREFUSED/,
  });
  await t.rejects(open(`${tcp('virtbs:s3cr%3At')}?ssl_mode=require`), { code: 'ci-database', message: /secure|SSL/i });

  await running().query(`UPDATE virtbs_schema SET version = ${MIGRATIONS.length + 1}`, database);
  await t.rejects(open(tcp('virtbs:s3cr%3At')), { code: 'ci-database', message: /was written by a newer virtbs/ });
  const foreign = await running().newDatabase();
  await running().query('CREATE TABLE runs (id INTEGER)', foreign);
  await t.rejects(open(running().url(foreign, 'virtbs:s3cr%3At')), {
    code: 'ci-database',
    hint: /a database of its own/,
  });
  const cut = await running().newDatabase();
  await open(running().url(cut, 'virtbs:s3cr%3At'));
  await running().query('UPDATE virtbs_schema SET version = 1', cut);
  await open(running().url(cut, 'virtbs:s3cr%3At'));
  t.throws(() => checkMariadb('ci', '10.3.39-MariaDB-0+deb10u1'), {
    code: 'ci-database',
    hint: /MariaDB 10.6 or newer/,
  });
  t.throws(() => checkMariadb('ci', '8.4.3'), { code: 'ci-database', hint: /or PostgreSQL/ });
  t.doesNotThrow(() => checkMariadb('ci', '5.5.5-10.11.6-MariaDB'));
});
