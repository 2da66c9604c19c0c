import t from 'tap';
import { readLeases } from '../../src/session/leases.js';
import { runWithSlice, type RunWithSliceOptions } from '../../src/slice/run-with-slice.js';
import { DRIVERS, jenkinsRun, setUpLeases, type LeaseBench } from './lease-bench.js';

type Changes = Partial<RunWithSliceOptions> & Pick<RunWithSliceOptions, 'lease' | 'slice'>;

function options({ driver, root, output }: LeaseBench, changes: Changes): RunWithSliceOptions {
  const common = {
    driver,
    root,
    outputDirectory: output,
    lockTimeout: 5000,
    onFailure: 'wipe',
    creation: null,
  } as const;
  return { ...common, run: async () => 0, ...changes };
}

t.test('a command runs on its slice, which is gone afterwards; its exit code is the result’s', async (t) => {
  const bench = await setUpLeases(t, DRIVERS.memory);
  for (const code of [0, 3]) {
    await using lease = await bench.lease(jenkinsRun(1), { until: 'process' });
    const build = await bench.build(lease.slice, jenkinsRun(1));
    const run = async () => {
      t.strictSame(await bench.slices(), [1]);
      return code;
    };
    const result = await runWithSlice(options(bench, { slice: 1, lease, creation: build, run }), bench.context);
    t.match(result, { slice: 1, exitCode: code, kept: false, wiped: { vms: ['bs1-plain-60'] } });
    t.strictSame(await bench.slices(), []);
  }
  t.strictSame(await readLeases(bench.root), []);
});

t.test('a failure may keep the slice for its session; success and interruption do not', async (t) => {
  const bench = await setUpLeases(t, DRIVERS.memory);
  const interrupt = new AbortController();
  for (const [code, kept, signal] of [
    [0, false, bench.context.signal],
    [1, false, interrupt.signal],
    [1, true, bench.context.signal],
  ] as const) {
    await using lease = await bench.lease(jenkinsRun(1), { until: 'process' });
    const build = await bench.build(lease.slice, jenkinsRun(1));
    const run = async () => {
      if (signal === interrupt.signal) interrupt.abort();
      return code;
    };
    const call = options(bench, { slice: 1, lease, creation: build, run, onFailure: 'keep' });
    const result = await runWithSlice(call, { ...bench.context, signal });
    t.match(result, { exitCode: code, kept });
    t.strictSame(await bench.slices(), kept ? [1] : []);
  }
  t.match(await readLeases(bench.root), [{ slice: 1, until: 'session' }]);
  t.match(bench.events.at(-1), { type: 'note', message: 'slice 1 is kept: virtbs -s 1 wipe ends it' });
});

t.test('what the command builds itself is wiped, too, where the slice was leased for it', async (t) => {
  const bench = await setUpLeases(t, DRIVERS.memory);
  await using lease = await bench.lease(jenkinsRun(1), { until: 'process' });
  const run = async () => {
    await bench.cycle(lease.slice, jenkinsRun(1));
    return 0;
  };
  t.match(await runWithSlice(options(bench, { slice: 1, lease, run }), bench.context), { kept: false });
  t.strictSame(await bench.slices(), []);
});

t.test('a slice that stood before and was not built again stays', async (t) => {
  const bench = await setUpLeases(t, DRIVERS.memory);
  await bench.cycle(7, jenkinsRun(1));
  t.match(await runWithSlice(options(bench, { slice: 7, lease: null }), bench.context), { kept: true, wiped: null });
  {
    await using lease = await bench.lease(jenkinsRun(1));
    await bench.cycle(lease.slice, jenkinsRun(1));
  }
  {
    await using lease = await bench.lease(jenkinsRun(1), { until: 'process' });
    const run = async () => {
      t.match(await readLeases(bench.root), [{ until: 'session' }], 'a kill now does not end it');
      return 0;
    };
    t.match(await runWithSlice(options(bench, { slice: 1, lease, run }), bench.context), { kept: true });
  }
  t.strictSame(await bench.slices(), [1, 7]);
  t.match(await readLeases(bench.root), [{ slice: 1, until: 'session' }], 'it is still the session’s');
});

t.test('where the build fails the command does not run, and the failure is told after the wipe', async (t) => {
  const bench = await setUpLeases(t, DRIVERS.memory);
  await using lease = await bench.lease(jenkinsRun(1), { until: 'process' });
  const build = await bench.build(lease.slice, jenkinsRun(1));
  const images = { ...build.images, recipes: {} };
  const run = async () => t.fail('the command ran');
  const call = options(bench, {
    slice: 1,
    lease,
    creation: { ...build, images },
    run: async () => Number(await run()),
  });
  await t.rejects(runWithSlice(call, bench.context), { code: 'image-unknown' });
  t.strictSame(await bench.slices(), []);
});
