import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { loadConfiguration } from '../../src/config/load-configuration.js';
import { packageDirectory } from '../../src/package-directory.js';
import { configuredTopology } from '../../src/plan/configured-topology.js';
import { makePlan } from '../../src/plan/make-plan.js';
import type { SlicePlan } from '../../src/plan/plan.js';
import { readSteering } from '../../src/plan/read-steering.js';
import { steeredTopology } from '../../src/plan/steered-topology.js';
import type { Topology } from '../../src/plan/topology.js';

async function configurationOf(t: Test, ...files: readonly string[]) {
  const directory = await packageDirectory();
  return await loadConfiguration({ packageDirectory: directory, cwd: t.testdirName, files, overrides: [] });
}

/** The plan of a configuration with a topology. */
async function planOfFile(t: Test, yaml: string): Promise<SlicePlan> {
  const cwd = t.testdir({ 'cluster.yaml': yaml });
  const configuration = await configurationOf(t, join(cwd, 'cluster.yaml'));
  if (!configuration.topology) throw new Error('no topology');
  return planOfTopology(configuration, configuredTopology(configuration.topology));
}

function planOfTopology(
  configuration: Awaited<ReturnType<typeof configurationOf>>,
  { layers, roles, vms }: Topology,
): SlicePlan {
  return makePlan(configuration, { slice: 1, layers, topology: roles, vms });
}

t.test('labels and settings are merged from layer to role to VM', async (t) => {
  const { vms } = await planOfFile(
    t,
    `
machine_matrix: { roles: { worker: { labels: { CEPH_LAYOUT: [OSD], place: { rack: 1, row: a } } } } }
topology:
  layers: [roles]
  roles:
    controller: 1
    worker: { count: 2, memory: 256MiB, labels: { place: { rack: 2 } } }
  vms:
    worker-21: { vcpu: 2, labels: { CEPH_LAYOUT: [OSD, MON] }, disks: { osd: { size: 2GiB } } }
`,
  );
  t.match(vms, [
    { hostname: 'controller-02', memoryMiB: 128, labels: {} },
    { hostname: 'worker-20', memoryMiB: 256, vcpu: 1, labels: { CEPH_LAYOUT: ['OSD'], place: { rack: 2, row: 'a' } } },
    { hostname: 'worker-21', memoryMiB: 256, vcpu: 2, labels: { CEPH_LAYOUT: ['OSD', 'MON'], place: { rack: 2 } } },
  ]);
  t.strictSame(
    vms.map(({ disks }) => disks.map(({ name, target }) => `${target} ${name}`)),
    [['vda root'], ['vda root'], ['vda root', 'vdb osd']],
  );
});

t.test('a VM with a name of its own is one more of its role, with the next address', async (t) => {
  const { vms } = await planOfFile(
    t,
    'topology: { roles: { plain: 1 }, vms: { builder: { role: plain, memory: 64MiB }, cache: { role: worker }, constructor: { role: worker } } }\n',
  );
  t.match(vms, [
    { hostname: 'plain-60', accessAddress: '172.16.17.96' },
    { hostname: 'builder', domain: 'bs1-builder', role: 'plain', accessAddress: '172.16.17.97', memoryMiB: 64 },
    { hostname: 'cache', domain: 'bs1-cache', role: 'worker', accessAddress: '172.16.17.32', memoryMiB: 128 },
    { hostname: 'constructor', accessAddress: '172.16.17.33', memoryMiB: 128 },
  ]);
});

const WRONG: readonly (readonly [yaml: string, message: RegExp])[] = [
  [
    '{ roles: { worker: 1 }, vms: { worker-21: {} } }',
    /cluster\.yaml:1:42: there is no VM "worker-21", did you mean "worker-20"\?/,
  ],
  [
    '{ roles: { worker: 1 }, vms: { worker: { role: worker } } }',
    /cluster\.yaml:1:42: "worker" is the name of something else/,
  ],
  ['{ vms: { bs1-a: { role: plain }, a: { role: plain } } }', /"bs1-a" is the name of something else/],
  ['{ roles: { worker: 1 }, vms: { worker-20: { role: plain } } }', /"worker-20" is the name of something else/],
  ['{ roles: { worker: many } }', /cluster\.yaml:1:30: roles\.worker: "many" is not a whole number/],
  ['{ roles: { worker: { cuont: 1 } } }', /unrecognized key "cuont", did you mean "count"\?/],
  ['{ vms: { Big: { role: worker } } }', /"Big" is not a VM name/],
  ['{ roles: { wroker: 1 } }', /unknown role "wroker", did you mean "worker"\?/],
  [
    '{ roles: { worker: { count: 1, disks: { root: { image_slot: minni } } } } }',
    /unknown slot "minni", did you mean "mini"\?/,
  ],
  ['{ roles: { worker: 0 } }', /no VM is asked for/],
];

for (const [yaml, message] of WRONG) {
  t.test(`topology ${yaml} is refused`, async (t) => {
    await t.rejects(planOfFile(t, `topology: ${yaml}\n`), { exitCode: 2, message });
  });
}

const STEERING = {
  label: {
    'l-both': { CEPH_LAYOUT: ['OSD', 'MON'] },
    'l-osd': { CEPH_LAYOUT: ['OSD'] },
    'l-os': { OS_INSTALLED: ['SLE_12'], CEPH_LAYOUT: ['NONE'] },
    'l-disk': { OSD_DISK: ['vdb'] },
  },
  images: { 'i-1': { OS_IMAGE_NAME: 'SLES12', usr_label: ['l-os'] } },
  flavor: { 'f-1': { OS_FLAVOR_NAME: 'd2.tiny', usr_label: ['l-disk'] }, 'f-2': { OS_FLAVOR_NAME: 'plain' } },
  network: { 'n-1': { OS_NETWORK_NAME: 'fixed' } },
  instances: {
    'bb-1': { uuid_image: 'i-1', uuid_flavour: 'f-1', uuid_network: 'n-1', usr_label: ['l-both'] },
    'bb-2': { uuid_image: 'i-1', uuid_flavour: 'f-1', usr_label: ['l-osd'] },
    'bb-3': { uuid_image: 'i-1', uuid_flavour: 'f-2' },
  },
};

/** The plan of a steering file, with the names that the configuration gives. */
async function planOfSteering(t: Test, content: unknown): Promise<SlicePlan> {
  const cwd = t.testdir({ 'names.yaml': 'steering: { images: { SLES12: debian }, flavors: { d2.tiny: disk } }\n' });
  const path = join(cwd, 'steering.json');
  await writeFile(path, JSON.stringify(content));
  const steering = await readSteering(path);
  if (!steering) throw new Error('no steering file');
  const configuration = await configurationOf(t, join(cwd, 'names.yaml'));
  return planOfTopology(configuration, steeredTopology(steering, configuration.steering));
}

t.test(
  "osweint's steering file gives a VM for each instance, with the labels of image, flavor and instance",
  async (t) => {
    const { vms } = await planOfSteering(t, STEERING);
    t.match(vms, [
      { hostname: 'disk-80', disks: [{ name: 'root', slot: 'debian', tag: 'default' }, { slot: null }, {}, {}] },
      { hostname: 'disk-81' },
      { hostname: 'plain-60', disks: [{ slot: 'debian' }] },
    ]);
    const common = { OS_INSTALLED: ['SLE_12'], OSD_DISK: ['vdb'] };
    t.strictSame(
      vms.map(({ labels }) => ({ ...labels })),
      [
        { WE_TYPE_UUID: 'bb-1', ...common, CEPH_LAYOUT: ['OSD', 'MON'] },
        { WE_TYPE_UUID: 'bb-2', ...common, CEPH_LAYOUT: ['OSD'] },
        { WE_TYPE_UUID: 'bb-3', OS_INSTALLED: ['SLE_12'], CEPH_LAYOUT: ['NONE'] },
      ],
    );
  },
);

t.test('a steering file whose keys lead nowhere is refused with all of them', async (t) => {
  const instances = { a: { uuid_image: 'i-2', uuid_flavour: 'f-3', usr_label: ['l-9'] } };
  await t.rejects(planOfSteering(t, { ...STEERING, instances }), {
    code: 'config-invalid',
    message: /usr_label: there is no "l-9"\n.*uuid_image: there is no "i-2"\n.*uuid_flavour: there is no "f-3"$/,
  });
  await t.rejects(planOfSteering(t, { instances: {} }), { code: 'config-invalid', message: /images: [^]*flavor: / });
});

t.test('names of images and flavors that nobody has mapped are told', async (t) => {
  const images = { 'i-1': { OS_IMAGE_NAME: 'openSUSE' } };
  await t.rejects(planOfSteering(t, { ...STEERING, images }), { exitCode: 2, message: /unknown slot "openSUSE"/ });
  const flavor = { 'f-1': { OS_FLAVOR_NAME: 'm1.big' }, 'f-2': { OS_FLAVOR_NAME: 'plain' } };
  await t.rejects(planOfSteering(t, { ...STEERING, flavor }), { exitCode: 2, message: /unknown role "m1\.big"/ });
});

t.test('a file of another kind is no steering file', async (t) => {
  const cwd = t.testdir({ 'a.yaml': 'topology: {}\n', 'b.json': '{"topology": {}}', 'c.json': '[]' });
  for (const name of ['a.yaml', 'b.json', 'c.json', 'missing'])
    t.equal(await readSteering(join(cwd, name)), null, name);
});
