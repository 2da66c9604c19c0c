import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Test } from 'tap';
import { describeMetrics } from '../../src/ci/describe-metrics.js';
import {
  allTests,
  changedRuns,
  loadIndex,
  loadRun,
  loadTest,
  loadTests,
  testsOfRuns,
} from '../../src/ci/page/load-page-data.js';
import { CiQueue } from '../../src/ci/queue/ci-queue.js';
import { testStatistics } from '../../src/ci/results/test-statistics.js';
import { openStore } from '../../src/ci/store/open-store.js';
import type { Store } from '../../src/ci/store/store.js';
import { patchSet } from './ci-bench.js';
import { busyAfternoon, makeSample } from './page/sample-ci.js';

/** A server of databases, for tests. */
export interface TestServer extends AsyncDisposable {
  readonly port: number;
  /** The URL of a database, by the socket. */
  url(database: string): string;
  /** The same, by TCP and with the password. @param port that of something before the server */
  tcp(database: string, port?: number): string;
  /** Makes a new database. @returns its name */
  newDatabase(): Promise<string>;
  /** Starts the server, which listens when this ends. */
  begin(): Promise<void>;
  /** Ends the server: `SIGQUIT` is a crash. */
  end(signal?: 'SIGINT' | 'SIGQUIT'): Promise<void>;
}

export interface ServerContract {
  readonly skip: string | false;
  readonly server: TestServer | undefined;
}

/** The answers of all queries that have something of a kind of database in them. */
async function answers(store: Store, now: string): Promise<unknown> {
  const runs = await changedRuns(store, null);
  const names = await allTests(store);
  const all = {
    runs,
    names,
    index: await loadIndex(store, now, () => null),
    each: await Promise.all(runs.map(async (id) => await loadRun(store, id))),
    tests: await loadTests(store, now),
    histories: await Promise.all(names.slice(0, 5).map(async (name) => await loadTest(store, name))),
    changed: await changedRuns(store, new Date(Date.parse(now) - 3_600_000).toISOString()),
    ofRuns: (await testsOfRuns(store, runs)).toSorted(),
    smoke: await testStatistics(store, { order: 'name', limit: 10, match: 'TEMPEST', since: now }),
    metrics: await describeMetrics(store, new Date(now)),
  };
  // Their seconds differ by millionths.
  return JSON.parse(
    JSON.stringify(all, (_key, value: unknown) => (typeof value === 'number' ? Number(value.toFixed(3)) : value)),
  );
}

/** Passes bytes on to the server, and cuts the connection at the end of a transaction: before it is asked for, or before the answer. */
async function startWay(t: Test, to: number, cuts: ('before' | 'after')[]): Promise<number> {
  const way = createServer((client) => {
    const upstream = connect(to, '127.0.0.1');
    let isCut = false;
    const end = (): void => {
      client.destroy();
      upstream.destroy();
    };
    client.on('error', end).on('close', end);
    upstream.on('error', end).on('close', end);
    upstream.on('data', (bytes) => (isCut ? end() : client.write(bytes)));
    client.on('data', (bytes) => {
      const cut = /COMMIT(?:\0|$)/.test(bytes.toString('latin1')) ? cuts.shift() : undefined;
      if (cut === 'before') return end();
      isCut = cut === 'after';
      upstream.write(bytes);
    });
  });
  way.listen(0, '127.0.0.1');
  await once(way, 'listening');
  t.teardown(() => way.close());
  return (way.address() as AddressInfo).port;
}

/** Tests of what every server of databases is to do. */
export function testServer(t: Test, { skip, server }: ServerContract): void {
  const running = (): TestServer => {
    if (!server) throw new Error('no server');
    return server;
  };
  const newUrl = async (): Promise<string> => running().url(await running().newDatabase());

  t.test('it answers what SQLite answers', { skip }, async (t) => {
    const now = Date.now();
    const time = new Date(now).toISOString();
    const runs = busyAfternoon().slice(-10);
    await using file = await makeSample(t.testdir({}), runs, { now, database: join(t.testdir({}), 'ci.db') });
    await using served = await makeSample(t.testdir({}), runs, { now, database: await newUrl() });
    t.not(served.dialect.name, 'sqlite');
    t.strictSame(await answers(served, time), await answers(file, time));
  });

  t.test(
    'a run is begun once, whoever asks, and what is read in a transaction stays true until its end',
    { skip },
    async (t) => {
      const url = await newUrl();
      await using one = await openStore(url);
      await using other = await openStore(url);
      const queues = [one, other].map((store, index) => new CiQueue(store, { worker: `boot.${index + 1}.1` }));
      const events = Array.from({ length: 20 }, (_, index) => ({ event: patchSet(index + 1), source: 'test' }));
      t.strictSame(
        await Promise.all(queues.map(async (queue) => await queue.addEvents(events, () => ['verify']))).then((added) =>
          added.toSorted((a, b) => a - b),
        ),
        [0, 20],
      );
      const claimed = await Promise.all(
        queues.flatMap((queue) => Array.from({ length: 12 }, async () => (await queue.claim())?.id)),
      );
      t.strictSame(
        claimed.filter((id) => id !== undefined).toSorted((a, b) => a - b),
        Array.from({ length: 20 }, (_, index) => index + 1),
      );

      const count = async (store: Store): Promise<void> =>
        await store.transaction(async (whole) => {
          const row = await whole.first("SELECT at FROM source_positions WHERE source = 'count'");
          if (row)
            await whole.run("UPDATE source_positions SET at = ? WHERE source = 'count'", String(Number(row['at']) + 1));
          else await whole.run("INSERT INTO source_positions VALUES ('count', '1')");
        });
      await Promise.all([one, other].flatMap((store) => Array.from({ length: 20 }, async () => await count(store))));
      t.strictSame(await one.first("SELECT at FROM source_positions WHERE source = 'count'"), { at: '40' });

      const failing = one.transaction(async (whole) => {
        await whole.run("INSERT INTO source_positions VALUES ('gone', '')");
        throw new Error('no');
      });
      await t.rejects(failing, { message: 'no' });
      t.equal(await other.first("SELECT 1 FROM source_positions WHERE source = 'gone'"), undefined);
    },
  );

  t.test('runs, reports and kept slices of another machine are left alone', { skip }, async (t) => {
    await using store = await openStore(await newUrl());
    const late = new Date(Date.now() + 60_000);
    const here = new CiQueue(store, { worker: 'here/boot.1.1', place: 'here/', now: () => late });
    const earlier = new CiQueue(store, { worker: 'here/boot.0.1', place: 'here/' });
    const there = new CiQueue(store, { worker: 'there/boot.1.1', place: 'there/' });
    const kept = { ssh: 'ssh x', until: new Date().toISOString() };
    for (const [index, queue] of [earlier, there].entries()) {
      for (const number of [1, 2])
        await queue.addRun('verify', { event: patchSet(10 * index + number), source: 'test' });
      await queue.claim();
      const ended = await queue.claim();
      await queue.end(ended?.id ?? 0, { outcome: 'failed', summary: '', kept }, ['mail']);
      await queue.claimReport();
    }
    t.match(await here.runningElsewhere(), [{ worker: 'here/boot.0.1' }]);
    t.match(await here.sendingElsewhere(), [{ worker: 'here/boot.0.1' }]);
    t.strictSame(
      (await here.overKept()).map(({ id }) => id),
      [2],
    );
  });

  t.test('a change that was under way when the connection was lost is done once', { skip }, async (t) => {
    const database = await running().newDatabase();
    const cuts: ('before' | 'after')[] = [];
    const port = await startWay(t, running().port, cuts);
    const said: string[] = [];
    const say = (message: string): unknown => said.push(message);
    const patience = { signal: new AbortController().signal, warn: say, note: say, pauses: [1] };
    await using store = await openStore(running().tcp(database, port), { patience });
    const queue = new CiQueue(store, { worker: 'boot.1.1' });
    for (const cut of ['before', 'after'] as const) {
      cuts.push(cut);
      const { id } = await queue.addRun('verify', { event: patchSet(1), source: 'test' });
      cuts.push(cut);
      t.equal((await queue.claim())?.id, id, cut);
      t.equal(await queue.claim(), undefined);
    }
    t.strictSame(cuts, []);
    t.strictSame(await store.first('SELECT count(*) AS n, sum(attempts) AS begun FROM job_runs'), { n: 2, begun: 2 });
    t.match(said[0], /^the CI database \w+:\/\/virtbs@127.* is away: .*; it is asked again until it answers$/);
  });

  t.test('while the server is away the watch waits, says so once, and then goes on', { skip }, async (t) => {
    const url = await newUrl();
    const ending = new AbortController();
    const warnings: string[] = [];
    const notes: string[] = [];
    let told = (): void => undefined;
    const isTold = new Promise<void>((resolve) => {
      told = resolve;
    });
    const patience = {
      ...{ signal: ending.signal, pauses: [20], note: (message: string) => notes.push(message) },
      warn(message: string) {
        warnings.push(message);
        told();
      },
    };
    await using store = await openStore(url, { patience });
    await using hasty = await openStore(url);
    await running().end();
    await t.rejects(hasty.all('SELECT 1 AS one'), { code: 'ci-database', message: /is away/ });
    const asked = store.run("INSERT INTO source_positions VALUES ('a', '')");
    const answer = store.first('SELECT count(*) AS n FROM events');
    await Promise.race([asked.catch(() => undefined), isTold]);
    await running().begin();
    t.strictSame(await answer, { n: 0 });
    t.equal(await asked, 1);
    t.match(notes[0], /is back$/);
    t.ok(warnings.length <= 3, warnings.join('\n'));
    t.strictSame(await hasty.first('SELECT count(*) AS n FROM events'), { n: 0 });
    await running().end('SIGQUIT');
    const late = store.first('SELECT 1 AS one');
    ending.abort();
    await t.rejects(late, { code: 'ci-database' }, 'it does not wait any more');
    await running().begin();
  });
}
