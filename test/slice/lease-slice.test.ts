import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { rootPaths } from '../../src/filenames.js';
import { readLease, readLeases, writeLease } from '../../src/session/leases.js';
import { lockSlice } from '../../src/slice/lock-slice.js';
import { wipe } from '../../src/slice/wipe.js';
import { virtbsFailure } from '../image/virtbs-failure.js';
import { DRIVERS, jenkinsRun, setUpLeases } from './lease-bench.js';

for (const [name, open] of Object.entries(DRIVERS)) {
  t.test(`${name}: a lease skips what is built, leased, or being built, and says who has it`, async (t) => {
    const bench = await setUpLeases(t, open);
    await bench.cycle(1, jenkinsRun(1));
    await using first = await bench.lease(jenkinsRun(2, 2));
    t.match(first, { slice: 2, reused: false });
    t.match(bench.events.at(-1), { type: 'note', message: 'slice 2 is leased for jenkins-job-2' });
    t.match(await readLease(bench.root, 2), { session: jenkinsRun(2, 2), until: 'session', expires: null });
    await using _lock = await lockSlice({ root: bench.root, slice: 3, verb: 'cycle', lockTimeout: 0 }, bench.context);
    const failure = await virtbsFailure(bench.lease(jenkinsRun(3, 3)));
    t.match(failure, { code: 'no-slice', message: 'no slice from 1 to 3 is free', hint: /virtbs reap/ });
  });

  t.test(`${name}: a session gets its own slice again, and a second one while it works with the first`, async (t) => {
    const bench = await setUpLeases(t, open);
    {
      await using lease = await bench.lease(jenkinsRun(1));
      await bench.cycle(lease.slice, jenkinsRun(1));
      await using second = await bench.lease(jenkinsRun(1));
      t.match(second, { slice: 2, reused: false });
    }
    await using again = await bench.lease(jenkinsRun(1));
    t.match(again, { slice: 1, reused: true });
    t.strictSame(await bench.slices(), [1]);
  });

  t.test(
    `${name}: a session is given another slice where it asks for one, and slices whose time is over end before`,
    async (t) => {
      const bench = await setUpLeases(t, open);
      {
        await using lease = await bench.lease(jenkinsRun(1), { until: 'process' });
        await bench.cycle(lease.slice, jenkinsRun(1));
        await lease.keep('time');
      }
      t.match(await readLease(bench.root, 1), { until: 'time' });
      await bench.cycle(2, jenkinsRun(9, 4), 1);
      await using second = await bench.lease(jenkinsRun(1), { another: true });
      t.match(second, { slice: 2, reused: false });
      t.strictSame(await bench.slices(), [1]);
      t.match(bench.events.at(-2), { type: 'note', message: /^slice 2 is wiped: its time was over at 20/ });
    },
  );

  t.test(`${name}: the next run of an executor tears down what its last one leased, and nothing else`, async (t) => {
    const bench = await setUpLeases(t, open);
    for (const [build, executor] of [
      [1, 0],
      [2, 1],
    ] as const) {
      await using lease = await bench.lease(jenkinsRun(build, executor));
      await bench.cycle(lease.slice, jenkinsRun(build, executor));
    }
    await bench.cycle(7, jenkinsRun(1));
    t.strictSame(await bench.slices(), [1, 2, 7]);
    {
      await using dry = await bench.lease(jenkinsRun(5), { dryRun: true });
      t.equal(dry.slice, 3);
      t.strictSame(await bench.slices(), [1, 2, 7], 'a dry run changes nothing');
    }
    await using lease = await bench.lease(jenkinsRun(5));
    t.equal(lease.slice, 1);
    t.strictSame(await bench.slices(), [2, 7]);
    t.ok(
      bench.events.some((event) => event.type === 'note' && /slice 1 was leased for jenkins-job-1/.test(event.message)),
    );
  });

  t.test(`${name}: a leased slice in which somebody else has built since is left to them`, async (t) => {
    const bench = await setUpLeases(t, open);
    {
      await using lease = await bench.lease(jenkinsRun(1));
      await bench.cycle(lease.slice, jenkinsRun(1));
    }
    await bench.cycle(1, jenkinsRun(9, 4));
    await using same = await bench.lease(jenkinsRun(1));
    t.equal(same.slice, 2, 'it is not the session’s any more');
    await using next = await bench.lease(jenkinsRun(2));
    t.equal(next.slice, 3);
    t.strictSame(await bench.slices(), [1]);
    t.strictSame(
      (await readLeases(bench.root)).map(({ slice }) => slice),
      [2, 3],
    );
  });

  t.test(
    `${name}: a lease of an empty slice ends when it is given back, one of a built slice with its wipe`,
    async (t) => {
      const bench = await setUpLeases(t, open);
      {
        await using _lease = await bench.lease(jenkinsRun(1));
      }
      t.strictSame(await readdir(rootPaths(bench.root).leases), []);
      {
        await using lease = await bench.lease(jenkinsRun(1));
        await bench.cycle(lease.slice, jenkinsRun(1));
      }
      t.strictSame(await readdir(rootPaths(bench.root).leases), ['1.json']);
      const { driver, root, output: outputDirectory } = bench;
      await wipe({ slice: 1, driver, root, outputDirectory, lockTimeout: 100, dryRun: true }, bench.context);
      t.strictSame(await readdir(rootPaths(bench.root).leases), ['1.json']);
      await wipe({ slice: 1, driver, root, outputDirectory, lockTimeout: 100, dryRun: false }, bench.context);
      t.strictSame(await readdir(rootPaths(bench.root).leases), []);
    },
  );
}

t.test('a lease that its process or its session has outlived is free', async (t) => {
  const bench = await setUpLeases(t, DRIVERS.memory);
  await bench.cycle(2, jenkinsRun(7, 7));
  await bench.cycle(3, jenkinsRun(7, 7));
  const lease = { slice: 1, session: jenkinsRun(8, 8), since: '2026-01-01', expires: null };
  await (await bench.lease(jenkinsRun(1)))[Symbol.asyncDispose]();
  await writeLease(bench.root, { ...lease, until: 'session' });
  t.equal((await virtbsFailure(bench.lease(jenkinsRun(1)))).code, 'no-slice', 'a build may go on');
  await writeLease(bench.root, { ...lease, until: 'process' });
  await using free = await bench.lease(jenkinsRun(1));
  t.equal(free.slice, 1, 'nobody holds its lock');
});

/** A process of its own that leases a slice, says which, and keeps it until it is ended. */
function startLeasing(root: string, build: number) {
  const program = fileURLToPath(new URL('lease.process.js', import.meta.url));
  return spawn(process.execPath, [program, root, String(build)], { stdio: ['ignore', 'pipe', 'inherit'] });
}

t.test('processes that lease at once get different slices; the slice of one that is killed is free', async (t) => {
  const root = join(t.testdir(), 'root');
  const children = [1, 2, 3].map((build) => startLeasing(root, build));
  t.teardown(() => children.forEach((child) => child.kill('SIGKILL')));
  const leased = await Promise.all(
    children.map(async ({ stdout }) => Number(((await once(createInterface(stdout), 'line')) as [string])[0])),
  );
  t.strictSame(
    [...leased].sort((one, other) => one - other),
    [1, 2, 3],
  );
  const [killed] = children;
  killed?.kill('SIGKILL');
  if (killed) await once(killed, 'exit');
  const fourth = startLeasing(root, 4);
  children.push(fourth);
  t.strictSame(await once(createInterface(fourth.stdout), 'line'), [String(leased[0])]);
});
