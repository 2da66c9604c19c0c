import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { runCommandLine } from '../../src/cli/run-command-line.js';
import { loadConfiguration } from '../../src/config/load-configuration.js';
import { createMemoryWorld, openMemoryDriver } from '../../src/driver/memory/memory-driver.js';
import { packageDirectory } from '../../src/package-directory.js';
import { makePlan } from '../../src/plan/make-plan.js';
import { readSteering } from '../../src/plan/read-steering.js';
import { steeredTopology } from '../../src/plan/steered-topology.js';
import { parseTopology, type Topology } from '../../src/plan/topology.js';
import { cycle, type CycleOptions } from '../../src/slice/cycle.js';
import { planOf } from '../plan/plan-of.js';
import { FORGED, fuzz, FUZZ_LIMIT } from './fuzz.js';
import { hostileText, hostileValue, mutated } from './hostile.js';

const directory = await packageDirectory();
const configuration = await loadConfiguration({
  packageDirectory: directory,
  cwd: directory,
  files: [],
  overrides: [],
});
const { signal } = new AbortController();
const context = { emit: () => undefined, signal };

/** Slice 1 as it stands, in a world of objects; says what stands. */
async function standingSlice(root: string) {
  const world = createMemoryWorld();
  const driver = openMemoryDriver(world, root);
  const plan = await planOf(1, 'controller:1');
  const images = new Map(
    plan.vms.flatMap(({ disks }) =>
      disks.map(({ slot, tag }) => [
        `${slot}:${tag}`,
        Promise.resolve({ slot: 'mini', build: 'b', path: '/b', format: 'qcow2', boot: null } as never),
      ]),
    ),
  );
  await driver.create({ plan, images, seeds: new Map(), created: '2026-01-02T03:04:05Z', session: 's' }, context);
  return { driver, look: () => JSON.stringify([[...world.domains], [...world.networks]]) };
}

/** Plans, and goes as far as `cycle` goes before it touches anything. */
async function tryTopology(
  { layers, roles, vms }: Topology,
  slice: number,
  { root, standing }: { readonly root: string; readonly standing: Awaited<ReturnType<typeof standingSlice>> },
): Promise<void> {
  const before = standing.look();
  const plan = makePlan(configuration, { slice, layers, topology: roles, vms });
  const options: CycleOptions = {
    plan,
    driver: standing.driver,
    images: { recipes: configuration.imageFlow, root },
    outputDirectory: root,
    jump: { address: 'lab.example.org', user: 'me' },
    session: 's',
    bootTimeout: 1000,
    lockTimeout: 1000,
    wait: true,
    dryRun: true,
    loadMilliseconds: 0,
  };
  const failure: unknown = await cycle(options, context).catch((error: unknown) => error);
  if (standing.look() !== before) throw new Error('the slice was touched');
  if (failure instanceof Error) throw failure;
}

const role = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('controller', 'worker', 'plain', 'disk', 'pxe') },
  { weight: 1, arbitrary: hostileText },
);
const count = fc.oneof(
  { weight: 6, arbitrary: fc.nat(40).map(String) },
  { weight: 1, arbitrary: fc.constantFrom('0', '999999', '1e3', '-1', '01', '') },
  { weight: 1, arbitrary: hostileText },
);
const words = fc.array(
  fc.oneof(
    role,
    fc.tuple(role, count).map((pair) => pair.join(':')),
    fc.tuple(role, count, role, count).map(([a, b, c, d]) => `${a}:${b},${c}:${d}`),
  ),
  { minLength: 1, maxLength: 3 },
);
const layers = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('roles', 'roles,debian') },
  { weight: 1, arbitrary: fc.constantFrom('roles,roles', 'nothing', '') },
  { weight: 1, arbitrary: fc.array(hostileText, { maxLength: 2 }).map((names) => names.join(',')) },
);

t.setTimeout(FUZZ_LIMIT);
t.test('a topology on the command line is a plan or an orderly error, and touches nothing', async (t) => {
  const root = t.testdir();
  const standing = await standingSlice(root);
  await fuzz(t, {
    name: 'topologies',
    cases: 1000,
    arbitrary: fc.tuple(layers, words, fc.nat(300)),
    regressions: [
      ['\0', ['controller:0'], 0],
      ['roles', [`x\n${FORGED}`, `x\n${FORGED}`], 0],
      ['roles', [`controller:\n${FORGED}`], 0],
    ],
    work: ([names, given, slice]) =>
      tryTopology({ layers: names.split(','), roles: parseTopology(given), vms: {} }, slice, { root, standing }),
  });
});

const STEERING = {
  label: { l1: { WE_ROLE: 'head', n: 1 }, l2: { WE_ROLE: 'x' } },
  images: { i1: { OS_IMAGE_NAME: 'mini', usr_label: ['l1'] } },
  flavor: { f1: { OS_FLAVOR_NAME: 'worker', usr_label: [] }, f2: { OS_FLAVOR_NAME: 'controller' } },
  instances: {
    a: { uuid_image: 'i1', uuid_flavour: 'f1', usr_label: ['l2'] },
    b: { uuid_image: 'i1', uuid_flavour: 'f2' },
  },
};
const key = fc.oneof(fc.constantFrom('i1', 'f1', 'l1', 'a'), hostileText);
const usr_label = fc.oneof(fc.array(key, { maxLength: 2 }), hostileValue);
const steerings = fc
  .record(
    {
      label: fc.oneof(
        fc.dictionary(key, fc.dictionary(hostileText, hostileValue, { maxKeys: 2 }), { maxKeys: 2 }),
        hostileValue,
      ),
      images: fc.dictionary(key, fc.record({ OS_IMAGE_NAME: fc.oneof(fc.constant('mini'), hostileText), usr_label })),
      flavor: fc.dictionary(key, fc.record({ OS_FLAVOR_NAME: fc.oneof(role, hostileText), usr_label })),
      instances: fc.dictionary(key, fc.record({ uuid_image: key, uuid_flavour: key, usr_label }), { maxKeys: 3 }),
    },
    { requiredKeys: ['instances'] },
  )
  .map((steering) => JSON.stringify(steering));

t.test('so is a steering file', async (t) => {
  const root = t.testdir();
  const standing = await standingSlice(root);
  const file = join(root, 'steering.json');
  await fuzz(t, {
    name: 'steering files',
    cases: 800,
    arbitrary: fc.oneof(mutated([JSON.stringify(STEERING)]), steerings, hostileText),
    regressions: [JSON.stringify({ ...STEERING, instances: { [`\u009B2J\n${FORGED}`]: {} } })],
    work: async (text) => {
      await writeFile(file, text);
      const steering = await readSteering(file);
      if (steering) await tryTopology(steeredTopology(steering, configuration.steering), 1, { root, standing });
    },
  });
});

const option = fc.constantFrom(
  '-s',
  '--slice',
  '--root',
  '-e',
  '-c',
  '-o',
  '--output-dir',
  '--file',
  '--json',
  '-E',
  '--help',
);
const line = fc.tuple(
  // Those that touch nothing.
  fc.constantFrom('plan', 'config', 'plan', 'man', ''),
  fc.array(fc.oneof(option, layers, role, fc.constantFrom('roles', 'controller:1'), hostileText), { maxLength: 5 }),
);

t.test('so is a command line as a whole', async (t) => {
  const cwd = t.testdir();
  const silent = { write: () => undefined };
  await fuzz(t, {
    name: 'command lines',
    cases: 300,
    arbitrary: line,
    regressions: [
      ['plan', ['-s']],
      ['man', [`\n${FORGED}`]],
    ],
    work: async ([command, given]) => {
      await runCommandLine([command, ...given], {
        stdin: process.stdin,
        stdout: silent,
        stderr: silent,
        cwd,
        env: {},
        signal,
        expectInterrupt: () => undefined,
        leaveInterrupts: () => undefined,
        endWithReader: () => Promise.resolve(),
        endWithParent: () => Promise.resolve(),
        packageDirectory: directory,
        started: 0,
      });
    },
  });
});
