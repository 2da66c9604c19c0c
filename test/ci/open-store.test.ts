import { join } from 'node:path';
import t from 'tap';
import { MIGRATIONS } from '../../src/ci/store/migrations.js';
import { openStore } from '../../src/ci/store/open-store.js';
import { newDatabase } from './test-database.js';
import type { Store } from '../../src/ci/store/store.js';

t.test('a database is made at its first use, and keeps what it was given', async (t) => {
  const path = join(t.testdir(), 'ci/ci.db');
  {
    await using store = await openStore(path);
    t.strictSame(await store.first('PRAGMA user_version'), { user_version: MIGRATIONS.length });
    t.equal(await store.run("INSERT INTO source_positions VALUES ('a', '2026-01-01T00:00:00Z')"), 1);
  }
  await using store = await openStore(path);
  t.strictSame(await store.all('SELECT * FROM source_positions WHERE source = ?', 'a'), [
    { source: 'a', at: '2026-01-01T00:00:00Z' },
  ]);
  t.equal(await store.first('SELECT 1 FROM events'), undefined);
});

t.test('a transaction that throws leaves nothing, also with another in it', async (t) => {
  await using store = await openStore(await newDatabase(t.testdir()));
  const insert = async (into: Store, source: string): Promise<unknown> =>
    await into.run("INSERT INTO source_positions VALUES (?, '')", source);
  await t.rejects(
    store.transaction(async (whole) => {
      await insert(whole, 'outer');
      await whole.transaction(async (part) => await insert(part, 'inner'));
      throw new Error('no');
    }),
    { message: 'no' },
  );
  t.strictSame(await store.all('SELECT * FROM source_positions'), []);
  await store.transaction(async (whole) => await whole.transaction(async (part) => await insert(part, 'kept')));
  t.equal((await store.all('SELECT * FROM source_positions')).length, 1);
});

t.test('a database of a newer virtbs, and a file that is none, are refused with their path', async (t) => {
  const directory = t.testdir({ 'text.db': 'this is no database, only a text that is long enough to be looked at' });
  const newer = join(directory, 'newer.db');
  {
    await using store = await openStore(newer);
    await store.run(`PRAGMA user_version = ${MIGRATIONS.length + 1}`);
  }
  await t.rejects(openStore(newer), { code: 'ci-database', message: /newer\.db was written by a newer virtbs/ });
  await t.rejects(openStore(join(directory, 'text.db')), { code: 'ci-database', message: /text\.db cannot be used: / });
});

t.test('the same query for all rows and for the first one has the values of each call', async (t) => {
  await using store = await openStore(await newDatabase(t.testdir({})));
  for (const source of ['a', 'b', 'c'])
    await store.run('INSERT INTO source_positions (source, at) VALUES (?, ?)', source, '');
  const sql = 'SELECT source FROM source_positions WHERE source = ?';
  for (const source of ['a', 'b', 'c']) {
    t.strictSame(await store.first(sql, source), { source });
    t.strictSame(await store.all(sql, source), [{ source }]);
  }
});
