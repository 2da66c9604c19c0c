import { readFile, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { createMemoryWorld, openMemoryDriver, type MemoryWorld } from '../../src/driver/memory/memory-driver.js';
import type { Driver } from '../../src/driver/types.js';
import type { VerbContext, VirtbsEvent } from '../../src/events.js';
import { runProgram } from '../../src/process/run-program.js';
import { replace } from '../../src/slice/replace.js';
import { stop } from '../../src/slice/stop.js';
import { up, type UpOptions, type UpResult } from '../../src/slice/up.js';
import { planOf, planWith } from '../plan/plan-of.js';

interface Bench {
  readonly world: MemoryWorld;
  readonly output: string;
  readonly base: string;
  readonly options: Omit<UpOptions, 'plan'>;
  readonly events: VirtbsEvent[];
  readonly context: VerbContext;
}

/** A world of objects, an image that is a file, and folders for the rest. */
async function setUp(t: Test): Promise<Bench> {
  const directory = t.testdir({ root: {}, output: {} });
  const [root, output, base] = [join(directory, 'root'), join(directory, 'output'), join(directory, 'base.qcow2')];
  await runProgram('qemu-img', ['create', '-q', '-f', 'qcow2', base, '64M']);
  const world = createMemoryWorld();
  const events: VirtbsEvent[] = [];
  const options = {
    driver: openMemoryDriver(world, root),
    images: { recipes: { mini: { image_download: { url: base, insecure: true } } }, root },
    outputDirectory: output,
    jump: { address: 'lab.example.org', user: 'tester', port: 22 },
    session: 'tester@here',
    bootTimeout: 5000,
    lockTimeout: 5000,
    wait: true,
    prune: false,
    rebuild: false,
    dryRun: false,
    loadMilliseconds: 1,
  };
  const context = { emit: (event: VirtbsEvent) => events.push(event), signal: new AbortController().signal };
  return { world, output, base, options, events, context };
}

function changesOf({ vms }: UpResult): Readonly<Record<string, string>> {
  return Object.fromEntries(vms.map(({ hostname, change }) => [hostname, change]));
}

t.test('up builds what is missing, starts what is off, and leaves the rest', async (t) => {
  const { world, output, options, context } = await setUp(t);
  t.strictSame(changesOf(await up({ ...options, plan: await planOf(1, 'controller:1', 'plain:1') }, context)), {
    'controller-02': 'built',
    'plain-60': 'built',
  });
  const before = world.domains.get('bs1-controller-02');
  const stopping = {
    slice: 1,
    root: options.images.root,
    words: ['plain'],
    lockTimeout: 100,
    shutdownTimeout: 100,
    force: true,
  };
  await stop({ ...options, ...stopping }, context);
  const result = await up({ ...options, plan: await planOf(1, 'controller:1', 'plain:1', 'worker:1') }, context);
  t.strictSame(changesOf(result), { 'controller-02': 'kept', 'worker-20': 'built', 'plain-60': 'started' });
  t.equal(world.domains.get('bs1-controller-02'), before);
  t.match(await readFile(join(output, 'sshconf-bs1'), 'utf8'), /controller-02[^]*worker-20[^]*plain-60/);
});

t.test('an up by another path to the same folders finds the slice, and keeps its files', async (t) => {
  const { world, output, options, context } = await setUp(t);
  await up({ ...options, plan: await planOf(1, 'plain:1') }, context);
  const link = `${t.testdirName}-link`;
  await rm(link, { force: true });
  await symlink(t.testdirName, link);
  t.teardown(() => rm(link, { force: true }));
  const root = join(link, 'root');
  const again = {
    ...options,
    driver: openMemoryDriver(world, root),
    images: { ...options.images, root },
    outputDirectory: join(link, 'output'),
  };
  const result = await up({ ...again, plan: await planOf(1, 'plain:2') }, context);
  t.strictSame(changesOf(result), { 'plain-60': 'kept', 'plain-61': 'built' });
  for (const file of result.files) t.match(await readFile(file, 'utf8'), /virtbs slice 1/, file);
  t.match(await readFile(join(output, 'sshconf-bs1'), 'utf8'), /plain-61/);
});

t.test('VMs are told with the addresses that they are reached at', async (t) => {
  const { options, context } = await setUp(t);
  const reach: Driver['reach'] = async (plan) => ({
    ...plan,
    vms: plan.vms.map((vm) => ({ ...vm, accessAddress: `10.0.0.${vm.offset}` })),
  });
  const driver = { ...options.driver, reach };
  const { vms } = await up({ ...options, driver, plan: await planOf(1, 'controller:1', 'plain:1') }, context);
  t.match(vms, [{ accessAddress: '10.0.0.2' }, { accessAddress: '10.0.0.96' }]);
});

t.test('what differs is warned of, and rebuilt where that is asked for', async (t) => {
  const { world, options, events, context } = await setUp(t);
  await up({ ...options, plan: await planOf(1, 'plain:2') }, context);
  const plan = await planWith(['machine_matrix.roles.plain.memory=256'], 1, 'plain:2');
  const left = await up({ ...options, plan }, context);
  t.strictSame(changesOf(left), { 'plain-60': 'kept', 'plain-61': 'kept' });
  t.strictSame(
    left.differences.map(({ name }) => name),
    ['plain-60', 'plain-61'],
  );
  const warnings = events.filter(({ type }) => type === 'warning');
  t.match(warnings, [{ message: /^plain-60 is left as it is: memory is 128 MiB/ }, { message: /^plain-61/ }]);
  const rebuilt = await up({ ...options, plan, rebuild: true }, context);
  t.match(rebuilt, { differences: [], removed: [] });
  t.strictSame(changesOf(rebuilt), { 'plain-60': 'rebuilt', 'plain-61': 'rebuilt' });
  t.equal(world.domains.get('bs1-plain-60')?.ours?.state.memoryMiB, 256);
});

t.test('a dry run of up with prune says what would be, and changes nothing', async (t) => {
  const { world, options, context } = await setUp(t);
  await up({ ...options, plan: await planOf(1, 'controller:1') }, context);
  const before = [...world.domains.entries(), ...world.networks.entries()];
  const dry = { ...options, plan: await planOf(1, 'plain:1'), prune: true, dryRun: true };
  const result = await up(dry, context);
  t.match(result, { dryRun: true, removed: ['bs1-controller-02', 'bs1-data'], files: [] });
  t.strictSame(changesOf(result), { 'plain-60': 'built' });
  t.strictSame([...world.domains.entries(), ...world.networks.entries()], before);
  await up({ ...dry, dryRun: false }, context);
  t.strictSame([...world.domains.keys(), ...world.networks.keys()], ['bs1-plain-60', 'bs1-net']);
});

t.test('whatever fails beforehand leaves all VMs as they are', async (t) => {
  const { world, options, context, base } = await setUp(t);
  await up({ ...options, plan: await planOf(1, 'controller:1', 'plain:1') }, context);
  const before = [...world.domains.entries()];
  const missing = { mini: { image_download: { url: `${base}.missing`, insecure: true } } };
  const images = { ...options.images, recipes: missing };
  const replacing = { ...options, images, slice: 1, words: ['plain'] };
  await t.rejects(replace(replacing, context), { code: /image|file/ });
  world.domains.set('bs1-worker-20', { name: 'bs1-worker-20', uuid: 'foreign' });
  const plan = await planOf(1, 'controller:1', 'worker:1');
  await t.rejects(up({ ...options, plan, prune: true }, context), { code: 'name-taken' });
  world.domains.delete('bs1-worker-20');
  t.strictSame([...world.domains.entries()], before);
});

t.test('an up that is interrupted is finished by the next', async (t) => {
  const { world, options, context } = await setUp(t);
  await up({ ...options, plan: await planOf(1, 'controller:1', 'plain:1') }, context);
  const plan = await planOf(1, 'controller:1', 'worker:2');
  for (const phase of ['inspect', 'images', 'seeds', 'wipe', 'networks', 'vms', 'files'] as const) {
    const interrupt = new AbortController();
    const emit = (event: VirtbsEvent): void => {
      if (event.type === 'phase-start' && event.phase === phase) interrupt.abort();
    };
    await up({ ...options, plan, prune: true }, { emit, signal: interrupt.signal }).catch(() => undefined);
    t.ok(world.domains.has('bs1-controller-02'), phase);
  }
  await up({ ...options, plan, prune: true }, context);
  t.strictSame([...world.domains.keys()].sort(), ['bs1-controller-02', 'bs1-worker-20', 'bs1-worker-21']);
});

t.test('a replaced VM is made anew, the others are not', async (t) => {
  const { world, options, context } = await setUp(t);
  await up({ ...options, plan: await planOf(1, 'plain:2') }, context);
  const [first, second] = [world.domains.get('bs1-plain-60'), world.domains.get('bs1-plain-61')];
  t.match(await replace({ ...options, slice: 1, words: ['plain-61'] }, context), { vms: [{ domain: 'bs1-plain-61' }] });
  t.equal(world.domains.get('bs1-plain-60'), first);
  t.not(world.domains.get('bs1-plain-61'), second);
  t.strictSame(world.domains.get('bs1-plain-61')?.ours?.state.plan, second?.ours?.state.plan);
  await t.rejects(replace({ ...options, slice: 1, words: ['worker'] }, context), { code: 'usage' });
  await t.rejects(replace({ ...options, slice: 2, words: ['plain'] }, context), { code: 'slice-empty' });
});
