import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import type { CommandContext } from '../../src/cli/command.js';
import { renderCycle } from '../../src/cli/render/cycle.js';
import { createMemoryWorld, openMemoryDriver, type MemoryWorld } from '../../src/driver/memory/memory-driver.js';
import type { Driver } from '../../src/driver/types.js';
import { VirtbsError } from '../../src/errors.js';
import type { Phase, VerbContext, VirtbsEvent } from '../../src/events.js';
import { outputPaths, slicePaths } from '../../src/filenames.js';
import { buildImages } from '../../src/image/build-images.js';
import { runProgram } from '../../src/process/run-program.js';
import { cycle, type CycleOptions } from '../../src/slice/cycle.js';
import { lockSlice } from '../../src/slice/lock-slice.js';
import { wipe } from '../../src/slice/wipe.js';
import { startImageServer } from '../image/image-server.js';
import { planOf, planWith } from '../plan/plan-of.js';

interface Bench {
  readonly world: MemoryWorld;
  readonly root: string;
  readonly output: string;
  readonly events: VirtbsEvent[];
  readonly context: VerbContext;
  options(...topology: readonly string[]): Promise<CycleOptions>;
}

/** A world of objects, an image that is a file, and folders for the rest. */
async function setUp(t: Test): Promise<Bench> {
  const directory = t.testdir({ root: {}, output: {} });
  const [root, output, base] = ['root', 'output', 'base.qcow2'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  await runProgram('qemu-img', ['create', '-q', '-f', 'qcow2', base, '64M']);
  const world = createMemoryWorld();
  const events: VirtbsEvent[] = [];
  const recipes = { mini: { image_download: { url: base, insecure: true } } };
  return {
    world,
    root,
    output,
    events,
    context: { emit: (event) => events.push(event), signal: new AbortController().signal },
    async options(...topology) {
      return {
        plan: await planOf(1, ...topology),
        driver: openMemoryDriver(world, root),
        images: { recipes, root },
        outputDirectory: output,
        jump: { address: 'lab.example.org', user: 'jenkins' },
        session: 'tester@here',
        bootTimeout: 5000,
        lockTimeout: 5000,
        wait: true,
        dryRun: false,
        loadMilliseconds: 1,
      };
    },
  };
}

function phasesOf(events: readonly VirtbsEvent[]): readonly Phase[] {
  return events.flatMap((event) => (event.type === 'phase-start' ? [event.phase] : []));
}

t.test('a cycle builds what was asked for, in the order of the design', async (t) => {
  const bench = await setUp(t);
  const result = await cycle(await bench.options('controller:1', 'worker:1'), bench.context);
  t.match(result, {
    version: 1,
    slice: 1,
    dryRun: false,
    vms: [
      {
        hostname: 'controller-02',
        accessAddress: '172.16.17.2',
        aliases: [
          'controller-02',
          'bs1-controller-02',
          'controller',
          'controller.1',
          'controller-02.bs1',
          'controller.1.bs1',
        ],
      },
      { hostname: 'worker-20', accessAddress: '172.16.17.32' },
    ],
    destroyed: [],
  });
  t.strictSame([...result.files].sort(), Object.values(outputPaths(bench.output, 1)).sort());
  t.strictSame((await readdir(bench.output)).sort(), result.files.map((file) => basename(file)).sort());
  t.strictSame(phasesOf(bench.events), [
    'lock',
    'inspect',
    'images',
    'seeds',
    'wipe',
    'networks',
    'vms',
    'files',
    'facts',
  ]);
  t.match(result.timings, { configuration: 1, lock: Number, images: Number, files: Number });
  t.strictSame([...bench.world.domains.keys()], ['bs1-controller-02', 'bs1-worker-20']);
  t.match(bench.world.domains.get('bs1-controller-02')?.ours?.state.image, /^mini\/[0-9a-f]{16}$/);
});

t.test('the next cycle replaces the slice and keeps its keys', async (t) => {
  const bench = await setUp(t);
  await cycle(await bench.options('controller:1'), bench.context);
  const keys = slicePaths(bench.root, 1).keys;
  const before = await Promise.all((await readdir(keys)).map((name) => readFile(join(keys, name), 'utf8')));
  const hosts = await readFile(join(bench.output, 'known_hosts-bs1'), 'utf8');
  const result = await cycle(await bench.options('controller:1'), bench.context);
  t.strictSame(result.destroyed, ['bs1-controller-02', 'bs1-net', 'bs1-data']);
  t.strictSame(await Promise.all((await readdir(keys)).map((name) => readFile(join(keys, name), 'utf8'))), before);
  t.equal(await readFile(join(bench.output, 'known_hosts-bs1'), 'utf8'), hosts);
});

t.test('files are written for VMs that exist, and for no others', async (t) => {
  const bench = await setUp(t);
  bench.world.domains.clear();
  const options = await bench.options('controller:1', 'worker:1');
  const check = { ...options.driver, check: async () => undefined };
  bench.world.domains.set('bs1-worker-20', { name: 'bs1-worker-20', uuid: 'foreign' });
  await t.rejects(cycle({ ...options, driver: check }, bench.context), {
    code: 'vm-failed',
    message: /^slice 1: 1 of 2 VMs failed\n {2}worker-20 \(defined\): a domain named "bs1-worker-20" exists/,
  });
  const config = await readFile(join(bench.output, 'sshconf-bs1'), 'utf8');
  t.match(
    config,
    /Host controller-02 bs1-controller-02 controller controller\.1 controller-02\.bs1 controller\.1\.bs1\n/,
  );
  t.notMatch(config, /worker-20/);
});

t.test('whatever fails before the wipe leaves the old slice as it was', async (t) => {
  const bench = await setUp(t);
  await cycle(await bench.options('controller:1'), bench.context);
  const before = [...bench.world.domains.entries()];
  const options = await bench.options('worker:1');

  bench.world.networks.set('office', { name: 'office', uuid: 'x', cidrs: ['172.16.17.0/25'] });
  await t.rejects(cycle(options, bench.context), { code: 'network-clash' });
  bench.world.networks.delete('office');

  const recipes = { mini: { image_download: { url: join(bench.root, 'missing.qcow2'), insecure: true } } };
  await t.rejects(cycle({ ...options, images: { recipes, root: bench.root } }, bench.context), { code: /image|file/ });

  const checkImage = async (): Promise<void> => {
    throw new VirtbsError('image-unknown', 'not here');
  };
  await t.rejects(cycle({ ...options, driver: { ...options.driver, checkImage } }, bench.context), {
    code: 'image-unknown',
  });

  await writeFile(join(bench.output, 'sshconf-bs1'), 'Host mine\n');
  await t.rejects(cycle(options, bench.context), { code: 'file-foreign' });
  t.equal(await readFile(join(bench.output, 'sshconf-bs1'), 'utf8'), 'Host mine\n');

  t.strictSame([...bench.world.domains.entries()], before);
});

/** A bench whose worker has an image that a server gives out only when `release` is called; with 404 where that fails. */
async function setUpSlowImage(t: Test) {
  const bench = await setUp(t);
  const { promise: asked, resolve: tellAsked } = deferred();
  const { promise: released, resolve: release } = deferred();
  const image = await readFile(join(bench.root, '../base.qcow2'));
  const server = await startImageServer({
    '/slow.qcow2': async (_request, response) => {
      tellAsked();
      if ((await released) === 'fail') return void response.writeHead(404).end();
      response.writeHead(200, { 'content-length': image.length }).end(image);
    },
  });
  t.teardown(() => server.close());
  const plan = await planWith(
    [
      'image_flow.slow={image_download: {url: /slow, insecure: true}}',
      'machine_matrix.roles.worker.disks.root.image_slot=slow',
    ],
    1,
    'controller:1',
    'worker:1',
  );
  const options = await bench.options('controller:1');
  const recipes = {
    ...options.images.recipes,
    slow: { image_download: { url: `${server.url}/slow.qcow2`, insecure: true } },
  };
  await buildImages(['mini'], options.images, bench.context);
  return { bench, asked, release, options: { ...options, plan, images: { ...options.images, recipes } } };
}

t.test('a VM whose image is there does not wait for the image of another', async (t) => {
  const { bench, asked, release, options } = await setUpSlowImage(t);
  const cycling = cycle(options, bench.context);
  await asked;
  await until(() => bench.world.domains.has('bs1-controller-02'));
  t.notOk(bench.world.domains.has('bs1-worker-20'));
  release('image');
  t.equal((await cycling).vms.length, 2);
  t.ok(bench.world.domains.has('bs1-worker-20'));
});

t.test('an image that fails takes its own VMs with it, and no others', async (t) => {
  const { bench, asked, release, options } = await setUpSlowImage(t);
  const cycling = cycle(options, bench.context);
  await asked;
  release('fail');
  await t.rejects(cycling, {
    code: 'vm-failed',
    message: /^slice 1: 1 of 2 VMs failed\n {2}worker-20 \(defined\): image slow: .*404/,
    hint: /url/,
  });
  t.strictSame([...bench.world.domains.keys()], ['bs1-controller-02']);
});

t.test('where the image of every VM fails nothing is left, and its own words are told', async (t) => {
  const { bench, asked, release, options } = await setUpSlowImage(t);
  const plan = { ...options.plan, vms: options.plan.vms.filter(({ role }) => role === 'worker') };
  const reports: string[] = [];
  const notify = async (report: string) => void reports.push(report);
  const cycling = cycle({ ...options, plan, notify }, bench.context);
  await asked;
  release('fail');
  await t.rejects(cycling, { code: 'image-download-failed', message: /^image slow: .*404/ });
  t.strictSame([bench.world.domains.size, bench.world.networks.size], [0, 0]);
  t.match(reports, [/^slice 1: image slow: .*404/]);
});

t.test('whoever is to know is told once: of VMs that could not be made, and of those that do not answer', async (t) => {
  const bench = await setUp(t);
  const { driver, ...options } = await bench.options('controller:1', 'worker:1');
  const reports: string[] = [];
  const telling: Driver = {
    ...driver,
    features: { ...driver.features, guests: true },
    check: async () => undefined,
  };
  const notify = async (report: string) => void reports.push(report);
  bench.world.domains.set('bs1-worker-20', { name: 'bs1-worker-20', uuid: 'foreign' });
  const failing = cycle({ ...options, driver: telling, notify, bootTimeout: 500, lockTimeout: 500 }, bench.context);
  const error: unknown = await failing.catch((reason: unknown) => reason);
  t.match(error, { code: 'vm-failed', message: reports[0] });
  t.equal(reports.length, 1);
  t.match(
    reports[0],
    /2 of 2 VMs failed\n.*worker-20 \(defined\): a domain named.*controller-02 \(started\): no progress/s,
  );
});

t.test('who asks for a checkpoint that cannot be is told why, and nobody else', async (t) => {
  const bench = await setUp(t);
  const { driver, ...options } = await bench.options('plain:1');
  const forgetful: Driver = { ...driver, features: { ...driver.features, snapshots: 'disks' } };
  for (const [keep, warnings] of [
    ['yes', ['slice 1 is not kept as a checkpoint: the memory of its VMs cannot be kept']],
    ['auto', []],
    ['no', []],
  ] as const) {
    const told: string[] = [];
    const emit = (event: VirtbsEvent): void => void (event.type === 'warning' && told.push(event.message));
    const checkpoint = { keep, memory: 'auto' as const, maxSize: 1, maxCount: 1 };
    await cycle({ ...options, driver: forgetful, checkpoint }, { ...bench.context, emit });
    t.strictSame(told, warnings, keep);
  }
});

t.test('a slice that exists is left alone until all its new images are there', async (t) => {
  const { bench, asked, release, options } = await setUpSlowImage(t);
  await cycle(await bench.options('plain:1'), bench.context);
  const cycling = cycle(options, bench.context);
  await asked;
  t.strictSame([...bench.world.domains.keys()], ['bs1-plain-60']);
  release('fail');
  await t.rejects(cycling, { code: 'image-download-failed' });
  t.strictSame([...bench.world.domains.keys()], ['bs1-plain-60']);
});

t.test('a disk that is smaller than its image is refused with both sizes', async (t) => {
  const bench = await setUp(t);
  const options = await bench.options('plain');
  const vms = options.plan.vms.map((vm) => ({ ...vm, disks: vm.disks.map((disk) => ({ ...disk, sizeBytes: 1024 })) }));
  await t.rejects(cycle({ ...options, plan: { ...options.plan, vms } }, bench.context), {
    code: 'plan-invalid',
    exitCode: 2,
    message: /plain-60: disk "root" of role "plain" has 1024 bytes, image "mini" needs 67108864/,
  });
});

t.test('a slice that was built with another root is refused by cycle and wipe, naming that root', async (t) => {
  const bench = await setUp(t);
  await cycle(await bench.options('controller:1'), bench.context);
  const options = await bench.options('controller:1');
  const root = join(bench.root, 'other');
  await mkdir(root);
  const elsewhere = { ...options, images: { ...options.images, root } };
  await t.rejects(cycle(elsewhere, bench.context), { code: 'foreign-slice', hint: new RegExp(`--root ${bench.root}`) });
  const wiping = {
    slice: 1,
    driver: options.driver,
    root,
    outputDirectory: bench.output,
    lockTimeout: 100,
    dryRun: false,
  };
  await t.rejects(wipe(wiping, bench.context), { code: 'foreign-slice' });
  t.equal(bench.world.domains.size, 1);
});

t.test('a second cycle of the slice waits for the first and says for whom; it gives up after its limit', async (t) => {
  const bench = await setUp(t);
  const options = await bench.options('controller:1');
  await mkdir(join(bench.root, 'locks'));
  const lock = await lockSlice({ root: bench.root, slice: 1, verb: 'cycle', lockTimeout: 0 }, bench.context);
  await t.rejects(cycle({ ...options, lockTimeout: 100 }, bench.context), {
    code: 'locked',
    message: /cycle of slice 1/,
  });
  t.match(
    bench.events.find(({ type }) => type === 'lock-wait'),
    { what: 'slice 1', holder: /cycle of slice 1/ },
  );
  const second = cycle(options, bench.context);
  await lock[Symbol.asyncDispose]();
  t.equal((await second).vms.length, 1);
});

t.test('a dry run says what would be, and changes nothing', async (t) => {
  const bench = await setUp(t);
  await cycle(await bench.options('controller:1'), bench.context);
  const before = [...bench.world.domains.keys()];
  const result = await cycle({ ...(await bench.options('worker:1')), dryRun: true }, bench.context);
  t.match(result, {
    dryRun: true,
    destroyed: ['bs1-controller-02', 'bs1-net', 'bs1-data'],
    vms: [{ domain: 'bs1-worker-20' }],
    files: [],
  });
  t.strictSame([...bench.world.domains.keys()], before);
});

t.test('a dry run says what else of the slice the driver would destroy', async (t) => {
  const bench = await setUp(t);
  const options = await bench.options('controller:1');
  const others = [{ kind: 'volume', name: 'bs1-controller-02.data' }];
  const driver = { ...options.driver, listOthers: async () => others };
  const result = await cycle({ ...options, driver, dryRun: true }, bench.context);
  t.strictSame(result.destroyedOthers, others);
  const texts: string[] = [];
  const stdout = { write: (text: string) => texts.push(text) };
  renderCycle(result, { json: false, quiet: false, timings: false }, { stdout } as unknown as CommandContext);
  t.match(texts.join(''), /would destroy volume bs1-controller-02\.data\n/);
});

t.test('an interrupted cycle leaves a slice that the next one puts right', async (t) => {
  const bench = await setUp(t);
  for (const phase of ['lock', 'inspect', 'images', 'seeds', 'wipe', 'networks', 'vms', 'files'] as const) {
    const interrupt = new AbortController();
    const emit = (event: VirtbsEvent): void => {
      if (event.type === 'phase-start' && event.phase === phase) interrupt.abort();
    };
    await cycle(await bench.options('controller:1'), { emit, signal: interrupt.signal }).catch(() => undefined);
    const { vms } = await cycle(await bench.options('worker:1'), bench.context);
    t.equal(vms.length, 1, phase);
    t.strictSame([...bench.world.domains.keys()], ['bs1-worker-20'], phase);
  }
});

t.test('wipe removes what cycle wrote, wherever that was, and is done at once on an empty slice', async (t) => {
  const bench = await setUp(t);
  const options = await bench.options('controller:1');
  await cycle(options, bench.context);
  const wiping = {
    slice: 1,
    driver: options.driver,
    root: bench.root,
    outputDirectory: '/nowhere',
    lockTimeout: 100,
    dryRun: false,
  };
  const dry = await wipe({ ...wiping, dryRun: true }, bench.context);
  t.match(dry, { vms: ['bs1-controller-02'], networks: ['bs1-net', 'bs1-data'] });
  t.strictSame([...dry.files].sort(), Object.values(outputPaths(bench.output, 1)).sort());
  t.equal(bench.world.domains.size, 1);
  const wiped = await wipe(wiping, bench.context);
  t.strictSame(wiped.files, dry.files);
  t.strictSame(await readdir(bench.output), []);
  t.strictSame(await readdir(join(bench.root, 'slices')), []);
  t.match(await wipe(wiping, bench.context), { vms: [], networks: [], files: [] });
});

function deferred(): { readonly promise: Promise<string>; readonly resolve: (value?: string) => void } {
  let resolve: (value?: string) => void = () => undefined;
  const promise = new Promise<string>((done) => {
    resolve = (value = '') => done(value);
  });
  return { promise, resolve };
}

async function until(condition: () => boolean): Promise<void> {
  for (let left = 500; left > 0 && !condition(); left--) await delay(10);
}

t.test(
  'a cycle knows which project built the slice that it would destroy, and touches nothing before it may',
  async (t) => {
    const bench = await setUp(t);
    const options = await bench.options('controller:1');
    const asked: unknown[] = [];
    const mayDestroy = async (old: unknown): Promise<void> => void asked.push(old);
    await cycle({ ...options, project: '/one/virtbs.yaml', mayDestroy }, bench.context);
    t.strictSame(asked, [], 'an empty slice asks nobody');
    await cycle({ ...options, mayDestroy }, bench.context);
    await cycle({ ...options, mayDestroy, dryRun: true }, bench.context);
    t.strictSame(asked, [{ slice: 1, vms: ['controller-02'], project: '/one/virtbs.yaml' }]);
    const before = [...bench.world.domains.keys()];
    const refuse = async (old: unknown): Promise<void> => {
      asked.push(old);
      throw new VirtbsError('cancelled', 'nothing was done');
    };
    await t.rejects(cycle({ ...options, mayDestroy: refuse }, bench.context), { code: 'cancelled' });
    t.match(asked[1], { project: null }, 'the second cycle was of no project');
    t.strictSame([...bench.world.domains.keys()], before);
  },
);
