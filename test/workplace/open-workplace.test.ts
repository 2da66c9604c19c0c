import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { createMemoryWorld, openMemoryDriver } from '../../src/driver/memory/memory-driver.js';
import type { VirtbsEvent } from '../../src/events.js';
import { DEFAULT_ROOT, OUTPUT_NAMES } from '../../src/filenames.js';
import { packageDirectory } from '../../src/package-directory.js';
import { runProgram } from '../../src/process/run-program.js';
import { cycle } from '../../src/slice/cycle.js';
import { readSlice } from '../../src/slice/standing-slice.js';
import { wipe } from '../../src/slice/wipe.js';
import { openWorkplace } from '../../src/workplace/open-workplace.js';
import type { Workplace } from '../../src/workplace/workplace.js';
import { findSessionSlice } from '../../src/workplace/find-session-slice.js';
import { runCommandWithSlice } from '../../src/workplace/run-command-with-slice.js';
import type { WorkplaceSettings } from '../../src/workplace/workplace-settings.js';

const PACKAGE = await packageDirectory();

interface Bench {
  readonly directory: string;
  readonly events: VirtbsEvent[];
  readonly settings: WorkplaceSettings;
}

/** Folders, an image that is a file, and plain settings that name them. */
async function setUp(t: Test): Promise<Bench> {
  const directory = t.testdir({});
  await mkdir(join(directory, 'out'));
  const base = join(directory, 'base.qcow2');
  await runProgram('qemu-img', ['create', '-q', '-f', 'qcow2', base, '64M']);
  const events: VirtbsEvent[] = [];
  const settings: WorkplaceSettings = {
    cwd: directory,
    env: { BUILD_TAG: 'job-7', NODE_NAME: 'big', EXECUTOR_NUMBER: '3' },
    packageDirectory: PACKAGE,
    root: 'root',
    outputDirectory: 'out',
    overrides: [
      { kind: 'literal', text: `image_flow.empty={image_download: {url: [${base}], insecure: true}}` },
      { kind: 'string', text: 'machine_matrix.roles.plain.disks.root.image_slot=empty' },
      { kind: 'literal', text: 'lease={first: 4, last: 6}' },
    ],
    emit: (event) => events.push(event),
    signal: new AbortController().signal,
  };
  return { directory, events, settings };
}

/** The hypervisors that need no host. */
const PLACES: Readonly<Record<string, (settings: WorkplaceSettings) => WorkplaceSettings>> = {
  'the memory driver': (settings) => {
    const world = createMemoryWorld();
    return { ...settings, openDriver: async (_name, { root }) => openMemoryDriver(world, root) };
  },
  "libvirt's test driver": (settings) => ({ ...settings, connect: 'test:///default' }),
};

async function build(place: Workplace, slice: number): Promise<void> {
  const plan = await place.plan({ slice, layers: 'roles', topology: ['plain:1'] });
  const limits = { bootTimeout: 5000, lockTimeout: 5000, wait: false, dryRun: false, loadMilliseconds: 0 };
  await cycle({ ...(await place.creation()), plan, ...limits }, place.verb);
}

for (const [name, on] of Object.entries(PLACES)) {
  t.test(`a slice is leased, built, read and wiped from plain settings, on ${name}`, async (t) => {
    const { directory, settings } = await setUp(t);
    await using place = openWorkplace(on(settings));
    t.equal(await place.root(), join(directory, 'root'));
    {
      await using lease = await place.lease({ until: 'process', plan: { layers: 'roles', topology: ['plain:1'] } });
      t.equal(lease.slice, 4);
      await build(place, lease.slice);
      await lease.keep();
    }
    t.equal(await findSessionSlice(place), 4);
    const { plan, outputDirectory } = await readSlice(await place.standing(4), place.verb);
    t.strictSame(
      plan.vms.map(({ domain }) => domain),
      ['bs4-plain-60'],
    );
    t.equal(outputDirectory, join(directory, 'out'));
    t.ok((await readdir(outputDirectory)).includes(OUTPUT_NAMES.sshConfig(4)));
    const wiped = await wipe({ ...(await place.standing(4)), lockTimeout: 5000, dryRun: false }, place.verb);
    t.strictSame(wiped.vms, ['bs4-plain-60']);
  });
}

t.test('a program is run with a slice, knows it by its environment, and the slice is gone afterwards', async (t) => {
  const { directory, settings, events } = await setUp(t);
  await using place = openWorkplace(PLACES['the memory driver']?.(settings) ?? settings);
  const script =
    'test "$VIRTBS_SLICE" = 4 && test "$VIRTBS_ROOT" = "$PWD/root" && test -r "$VIRTBS_SSH_CONFIG" && exit 3';
  await using lease = await place.lease({ until: 'process', plan: null });
  const started: string[] = [];
  const result = await runCommandWithSlice(
    {
      slice: lease.slice,
      lease,
      plan: { layers: 'roles', topology: ['plain:1'] },
      command: ['/bin/sh', '-c', script],
      bootTimeout: 5000,
      lockTimeout: 5000,
      onFailure: 'wipe',
      terminal: false,
      output: 'stderr',
      started: performance.now(),
      onStart: () => started.push('started'),
    },
    place,
  );
  t.match(result, { exitCode: 3, kept: false, wiped: { vms: ['bs4-plain-60'] } });
  t.strictSame(started, ['started']);
  t.strictSame(await readdir(join(directory, 'out')), []);
  t.match(events.at(-1), { type: 'note', message: 'slice 4 is wiped' });
});

t.test('a workplace opens and reads nothing before it is asked for, and each thing once', async (t) => {
  const { settings } = await setUp(t);
  let opened = 0;
  let closed = 0;
  const openDriver: WorkplaceSettings['openDriver'] = async (_name, { root }) => {
    opened++;
    const driver = openMemoryDriver(createMemoryWorld(), root);
    return { ...driver, [Symbol.asyncDispose]: async () => void closed++ };
  };
  {
    await using place = openWorkplace({ ...settings, openDriver, files: ['missing.yaml'] });
    t.equal(opened, 0);
    await t.rejects(place.configuration(), { code: 'config-invalid' });
  }
  t.equal(closed, 0);
  {
    await using place = openWorkplace({ ...settings, openDriver });
    const [one, other] = await Promise.all([place.driver(), place.driver()]);
    t.equal(one, other);
    t.equal(opened, 1);
    t.equal(await place.configuration(), await place.configuration());
  }
  t.equal(closed, 1);
});

t.test('root and driver are those of the configuration where the settings have none', async (t) => {
  const { directory, settings } = await setUp(t);
  const { root: _root, overrides: _overrides, ...plain } = settings;
  {
    await using place = openWorkplace(plain);
    t.equal(await place.root(), DEFAULT_ROOT);
  }
  const asked: unknown[] = [];
  const openDriver: WorkplaceSettings['openDriver'] = async (name, { root, connect }) => {
    asked.push(name, root, connect);
    return openMemoryDriver(createMemoryWorld(), root);
  };
  const overrides = [
    { kind: 'string', text: `paths.virtbs_root=${join(directory, 'other')}` },
    { kind: 'string', text: 'driver=openstack' },
  ] as const;
  {
    await using place = openWorkplace({ ...plain, overrides, openDriver });
    await place.driver();
  }
  t.strictSame(asked, ['openstack', join(directory, 'other'), 'qemu:///system']);
});

t.test('a file that says what to build is configuration, too', async (t) => {
  const { settings } = await setUp(t);
  const directory = t.testdir({
    'cluster.yaml': 'paths: {virtbs_root: /srv/other}\ntopology: {layers: [roles], roles: {plain: 2}}\n',
  });
  const { root: _root, ...plain } = settings;
  await using place = openWorkplace({ ...plain, cwd: directory, topologyFile: 'cluster.yaml' });
  const { vms } = await place.plan({ slice: 2 });
  t.strictSame(
    vms.map(({ domain }) => domain),
    ['bs2-plain-60', 'bs2-plain-61'],
  );
  t.equal(await place.root(), '/srv/other');
  await t.rejects(place.plan({ slice: 2, layers: 'roles', topology: ['plain'] }), {
    code: 'usage',
    message: '"roles plain" besides --file',
  });
});
