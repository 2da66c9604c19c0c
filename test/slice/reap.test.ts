import t from 'tap';
import { VirtbsError } from '../../src/errors.js';
import { readLeases } from '../../src/session/leases.js';
import { recognizeSession } from '../../src/session/recognize-session.js';
import { reap } from '../../src/slice/reap.js';
import { isCalled, wipeMany } from '../../src/slice/wipe-many.js';
import { readBoot } from '../../src/session/read-process.js';
import { readSessionFacts } from '../../src/session/read-session-facts.js';
import { openMemoryDriver, createMemoryWorld } from '../../src/driver/memory/memory-driver.js';
import { DRIVERS, jenkinsRun, setUpLeases, type LeaseBench } from './lease-bench.js';

const HOUR = 3_600_000;

function options({ driver, root, output }: LeaseBench, dryRun = false) {
  return { driver, root, outputDirectory: output, lockTimeout: 5000, dryRun };
}

/** A session on this host whose shell has ended. */
async function goneSession() {
  const facts = await readSessionFacts({});
  const leader = { pid: process.pid, start: '1', boot: await readBoot() };
  return recognizeSession({}, { ...facts, tty: 'pts/77', leader });
}

for (const [name, open] of Object.entries(DRIVERS)) {
  t.test(`${name}: reap ends slices whose time is over, and leaves the others`, async (t) => {
    const bench = await setUpLeases(t, open);
    await bench.cycle(1, jenkinsRun(1), 1);
    await bench.cycle(2, jenkinsRun(2, 2), HOUR);
    await bench.cycle(3, jenkinsRun(3, 3));
    const dry = await reap(options(bench, true), bench.context);
    t.match(dry, { dryRun: true, ended: [{ slice: 1, reason: /its time was over at 20/, vms: ['bs1-plain-60'] }] });
    t.equal(dry.ended.length, 1);
    t.strictSame(await bench.slices(), [1, 2, 3]);
    const { ended } = await reap(options(bench), bench.context);
    t.match(ended, [{ slice: 1, vms: ['bs1-plain-60'], networks: ['bs1-net'] }]);
    t.strictSame(await bench.slices(), [2, 3]);
    t.strictSame((await reap(options(bench), bench.context)).ended, []);
  });

  t.test(`${name}: a slice that is built again without a limit has none, whatever its networks say`, async (t) => {
    const bench = await setUpLeases(t, open);
    await bench.cycle(1, jenkinsRun(1), 1);
    await bench.cycle(1, jenkinsRun(1));
    t.match(await bench.driver.inspect({ slice: 1 }, bench.context), [{ expires: null }]);
    t.strictSame((await reap(options(bench), bench.context)).ended, []);
  });

  t.test(`${name}: a lease for a time outlives its session, and ends with its time`, async (t) => {
    const bench = await setUpLeases(t, open);
    const gone = await goneSession();
    for (const ttl of [HOUR, 1]) {
      await using lease = await bench.lease(gone, { another: true });
      await bench.cycle(lease.slice, gone, ttl);
      await lease.keep('time');
    }
    t.match((await reap(options(bench), bench.context)).ended, [{ slice: 2, reason: /its time was over/ }]);
    t.strictSame(await bench.slices(), [1]);
    t.strictSame(
      (await readLeases(bench.root)).map(({ slice }) => slice),
      [1],
    );
  });

  t.test(`${name}: reap ends leases whose session is gone, whose process is gone, or that were followed`, async (t) => {
    const bench = await setUpLeases(t, open);
    const gone = await goneSession();
    const range = { first: 1, last: 9 };
    const build = async (session: typeof gone, until: 'session' | 'process') => {
      await using lease = await bench.lease(session, { range, until });
      await bench.cycle(lease.slice, session);
    };
    await build(gone, 'session');
    await build(jenkinsRun(2, 2), 'process');
    await build(jenkinsRun(3, 3), 'session');
    await build(jenkinsRun(5, 5), 'session');
    await bench.cycle(10, jenkinsRun(4, 3));
    await bench.cycle(11, gone);
    await using living = await bench.lease(jenkinsRun(6, 6), { range, until: 'process' });
    await bench.cycle(living.slice, jenkinsRun(6, 6));
    t.strictSame(await bench.slices(), [1, 2, 3, 4, 5, 10, 11]);
    const { ended } = await reap(options(bench), bench.context);
    t.strictSame(
      ended.map(({ slice, reason }) => [slice, reason]),
      [
        [1, 'its session is gone'],
        [2, 'its process is gone'],
        [3, 'another run followed: jenkins-job-4'],
      ],
    );
    t.strictSame(await bench.slices(), [4, 5, 10, 11], 'slices that were chosen by number stay');
    t.strictSame(
      (await readLeases(bench.root)).map(({ slice }) => slice),
      [4, 5],
    );
  });

  t.test(
    `${name}: wipe of a session takes what was built from its place, wipe of all what has this root`,
    async (t) => {
      const bench = await setUpLeases(t, open);
      await bench.cycle(1, jenkinsRun(1));
      await bench.cycle(2, jenkinsRun(2));
      await bench.cycle(3, jenkinsRun(3, 1));
      {
        await using lease = await bench.lease(jenkinsRun(4, 4), { range: { first: 4, last: 4 } });
        await bench.cycle(lease.slice, jenkinsRun(4, 4));
      }
      const { place } = jenkinsRun(9);
      const here = (session: { readonly place: string }) => session.place === place;
      const dry = await wipeMany({ ...options(bench, true), select: here }, bench.context);
      t.match(dry, { dryRun: true, slices: [{ slice: 1, vms: ['bs1-plain-60'] }, { slice: 2 }] });
      t.strictSame(await bench.slices(), [1, 2, 3, 4]);
      await wipeMany({ ...options(bench), select: here }, bench.context);
      t.strictSame(await bench.slices(), [3, 4]);
      const named = await wipeMany(
        { ...options(bench), select: (session) => isCalled(session, 'jenkins-job-3') },
        bench.context,
      );
      t.strictSame(
        named.slices.map(({ slice }) => slice),
        [3],
      );
      const elsewhere = { ...options(bench), root: t.testdir(), select: () => true };
      const { slices, skipped } = await wipeMany(elsewhere, bench.context);
      t.strictSame([slices, skipped], [[], [{ slice: 4, root: bench.root }]]);
      t.strictSame(await bench.slices(), [4]);
      await wipeMany({ ...options(bench), select: () => true }, bench.context);
      t.strictSame(await bench.slices(), []);
      t.strictSame(await readLeases(bench.root), []);
    },
  );
}

t.test('where several slices cannot be wiped the others are, and all failures are told at once', async (t) => {
  const bench = await setUpLeases(t, async (root) => openMemoryDriver(createMemoryWorld(), root));
  for (const slice of [1, 2, 3]) await bench.cycle(slice, jenkinsRun(slice, slice));
  const driver: typeof bench.driver = {
    ...bench.driver,
    async destroy(slice, context, next) {
      if (slice !== 2) throw new VirtbsError('libvirt-failed', `slice ${slice} does not go`);
      await bench.driver.destroy(slice, context, next);
    },
  };
  await t.rejects(wipeMany({ ...options(bench), driver, select: () => true }, bench.context), {
    code: 'libvirt-failed',
    message: 'slice 1 does not go\nslice 3 does not go',
  });
  t.strictSame(await bench.slices(), [1, 3]);
});
