import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { stringify } from 'yaml';
import { orderOverrides } from '../../src/cli/order-overrides.js';
import type { Configuration } from '../../src/config/configuration.js';
import { mergeSources } from '../../src/config/merge-sources.js';
import { readFileSource, readOverrideSource } from '../../src/config/read-source.js';
import type { Override } from '../../src/config/read-override.js';
import { loadDriverSections } from '../../src/config/driver-section.js';
import { domainXml } from '../../src/driver/libvirt/domain-xml.js';
import { networkXml, planBridges } from '../../src/driver/libvirt/network-xml.js';
import { DRIVERS } from '../../src/driver/known-drivers.js';
import { slicePaths } from '../../src/filenames.js';
import { packageDirectory } from '../../src/package-directory.js';
import { configuredTopology } from '../../src/plan/configured-topology.js';
import { makePlan } from '../../src/plan/make-plan.js';
import type { SlicePlan } from '../../src/plan/plan.js';
import { parseTopology } from '../../src/plan/topology.js';
import { buildSeed } from '../../src/seed/seed.js';
import { POOL } from '../config/problems-of.js';
import { FORGED, fuzz, FUZZ_LIMIT } from './fuzz.js';
import { hostileText, hostileValue, mutated } from './hostile.js';

const SHIPPED = await packageDirectory();
/** Enough for a plan, and little to read for every case. */
const BASE = `${POOL}
network_flags: { net: { id: 1, internet_access: true }, data: { id: 2, isolation: false } }
image_flow: { mini: { mini: {} } }
machine_matrix:
  roles:
    controller: { memory: 128MiB, nets: [net, data], disks: { root: { size: 1GiB, image_slot: mini } }, first_offset: 2 }
    worker: { nets: [data], disks: { root: { size: 1GiB, image_slot: mini }, data1: { size: 1GiB } }, labels: { a: b } }
`;
const base = [{ path: join(SHIPPED, 'slices', 'base.yaml'), bytes: Buffer.from(BASE) }];

const OTHERS = `
topology:
  layers: [roles]
  roles: { controller: 1, worker: { count: 2, memory: 64MiB, labels: { a: [1, "two"] } } }
  vms: { head: { role: controller, vcpu: 2, disks: { root: { image_slot: mini } } }, worker-20: { graphics: vnc } }
steering: { layers: [roles], images: { "Debian 12": mini }, flavors: { m1.small: worker } }
jump_host: { address: lab.example.org, user: jenkins, port: 2222 }
lease: { first: 1, last: 15 }
paths: { virtbs_root: /srv/virtbs }
`;
const RECIPES = `
image_flow:
  debian: &debian
    labels: { os: debian }
    image_download: { url: [https://example.org/a.xz, /b], sha256: https://example.org/SHA256SUMS, keyring: k, signature: s }
  more: { image_customize: { base: debian, scripts: [a, { inline: "echo x" }], packages: [vim], size: 4GiB } }
  other: { <<: *debian, image_download: { url: ./c, insecure: true, format: raw, compression: gz } }
`;

const NAMES = ['address-pool', 'capacity', 'lease', 'networks'];
const shipped = await Promise.all(NAMES.map((name) => readFile(join(SHIPPED, 'slices', `${name}.yaml`), 'utf8')));
const TEXTS = [...shipped, BASE, OTHERS, RECIPES];

/** Every key of a configuration, so that maps of them come near to one that means something. */
const KEYS = [...new Set(TEXTS.join('\n').match(/[a-z_0-9]{2,}(?=:)/g))];

const settings = fc.dictionary(fc.oneof(fc.constantFrom(...KEYS), hostileText), hostileValue, { maxKeys: 4 });
const roles = fc.dictionary(fc.oneof(fc.constantFrom('controller', 'worker', 'my_role'), hostileText), settings, {
  maxKeys: 3,
});
const trees = fc.record(
  {
    address_pool: settings,
    network_flags: fc.dictionary(fc.oneof(fc.constantFrom('net', 'data', 'other'), hostileText), settings, {
      maxKeys: 3,
    }),
    machine_matrix: fc.dictionary(fc.oneof(fc.constant('roles'), hostileText), roles, { maxKeys: 2 }),
    image_flow: fc.dictionary(fc.oneof(fc.constant('mini'), hostileText), settings, { maxKeys: 2 }),
    topology: fc.record({ layers: hostileValue, roles, vms: roles }, { requiredKeys: [] }),
    capacity: settings,
    steering: settings,
    jump_host: settings,
    labels: hostileValue,
  },
  { requiredKeys: [] },
);
const files = fc.oneof(
  { weight: 3, arbitrary: mutated(TEXTS) },
  { weight: 2, arbitrary: trees.map((tree) => stringify(tree)) },
  { weight: 1, arbitrary: hostileText },
);

const DRIVER_SECTIONS = await loadDriverSections(DRIVERS);

function configurationOf(text: string | Uint8Array, overrides: readonly Override[] = []): Configuration {
  const given = { path: '/home/me/given.yaml', bytes: Buffer.from(text) };
  const cwd = '/home/me';
  const read = [
    ...[...base, given].map((file) => readFileSource(file, cwd, DRIVER_SECTIONS)),
    ...overrides.map((override, index) => readOverrideSource(override, index + 1, DRIVER_SECTIONS)),
  ];
  return mergeSources(read, { cwd, shipped: join(SHIPPED, 'slices'), drivers: DRIVER_SECTIONS });
}

/** What is made of a plan, down to what libvirt and the guest are given. */
function useUp(plan: SlicePlan): void {
  const paths = slicePaths('/srv/virtbs', plan.slice);
  const ownership = { slice: plan.slice, root: '/srv/virtbs', created: 'now', session: 's', expires: null };
  const platform = { domainType: 'qemu', arch: 'x86_64', machine: 'q35', emulator: null } as const;
  const keys = { authorizedKey: 'a', hostPrivateKey: 'b', hostPublicKey: 'c' };
  for (const bridge of planBridges(plan)) networkXml(plan, bridge, ownership);
  for (const vm of plan.vms.slice(0, 3)) {
    domainXml(vm, { plan, platform, paths, ownership, image: null, kernel: null });
    buildSeed(plan, vm, keys);
  }
}

function planOf(configuration: Configuration): void {
  useUp(
    makePlan(configuration, { slice: 1, layers: ['roles'], topology: parseTopology(['controller:1', 'worker:1']) }),
  );
  if (configuration.topology) {
    const { layers, roles: topology, vms } = configuredTopology(configuration.topology);
    useUp(makePlan(configuration, { slice: 1, layers, topology, vms }));
  }
}

t.setTimeout(FUZZ_LIMIT);
t.test('a configuration file is a plan or an orderly error, whatever is in it', async (t) => {
  await fuzz(t, {
    name: 'files',
    cases: 2400,
    arbitrary: files,
    regressions: [
      'address_pool:\n  "\u009B2J": ""\n',
      `address_pool:\n  "x\\n${FORGED}": ""\n`,
      'machine_matrix: { roles: { controller: { labels: { a: "\\uFFFF" } } } }',
    ],
    work: (text) => planOf(configurationOf(text)),
  });
});

t.test('so is one of any bytes', async (t) => {
  await fuzz(t, {
    name: 'bytes',
    cases: 500,
    arbitrary: fc.uint8Array({ maxLength: 60 }),
    work: (bytes) => planOf(configurationOf(bytes)),
  });
});

const path = fc
  .array(fc.oneof(fc.constantFrom(...KEYS, 'roles', 'controller', 'net', '"a.b"', "'c'"), hostileText), {
    minLength: 1,
    maxLength: 6,
  })
  .map((steps) => steps.join('.'));
const known = fc.constantFrom(
  'network_flags.data.mtu',
  'machine_matrix.roles.controller.memory',
  'machine_matrix.roles.controller.labels',
  'machine_matrix.roles.controller.nets',
  'machine_matrix.roles.controller.disks.root.size',
  'image_flow.mini.mini.size',
  'address_pool.ipv4_start',
  'address_pool.ipv4_subnet_prefix',
  'address_pool.mac_slice_extra_power',
  'topology.vms.head.role',
);
const labelled = fc
  .tuple(fc.constant('machine_matrix.roles.controller.labels.a'), hostileValue)
  .map(([to, value]) => `${to}=${JSON.stringify(value)}`);
const assignment = fc
  .tuple(
    fc.oneof(path, known),
    fc.oneof(
      hostileText,
      hostileValue.map((value) => JSON.stringify(value) ?? ''),
    ),
  )
  .map(([to, value]) => `${to}=${value}`);
const good = fc.constantFrom(
  'network_flags.data.mtu=9000',
  'machine_matrix.roles.controller.memory=64MiB',
  'machine_matrix.roles.worker.vcpu=2',
  'topology.roles.controller=2',
);
const argv = fc.array(
  fc.tuple(
    fc.constantFrom('-e', '-E', '--set', '--set-literal'),
    fc.oneof(
      { weight: 4, arbitrary: good },
      { weight: 3, arbitrary: assignment },
      { weight: 2, arbitrary: labelled },
      { weight: 1, arbitrary: hostileText },
    ),
  ),
  { minLength: 1, maxLength: 3 },
);

t.test('so are values of --set and --set-literal, and the paths before them', async (t) => {
  await fuzz(t, {
    name: 'overrides',
    cases: 1500,
    arbitrary: argv,
    regressions: [[['-e', '\u202E']], [['-e', 'machine_matrix.roles.controller.labels.a=\uFFFF']]],
    work: (words) => planOf(configurationOf('', orderOverrides(words.flat()))),
  });
});
