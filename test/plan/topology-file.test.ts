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

t.test('settings of a VM stand at its host name or at its number in its role', async (t) => {
  const { vms } = await planOfFile(
    t,
    'topology: { roles: { worker: 3 }, vms: { worker-20: { vcpu: 2 }, worker.2: { vcpu: 3 }, own: { role: worker }, worker.4: { vcpu: 5 } } }\n',
  );
  t.match(vms, [{ vcpu: 2 }, { hostname: 'worker-21', vcpu: 3 }, { vcpu: 1 }, { hostname: 'own', vcpu: 5 }]);
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
  [
    '{ roles: { worker: 1 }, vms: { worker.1: {}, worker-20: {} } }',
    /cluster\.yaml:1:56: "worker-20" is worker-20, which has settings by another name/,
  ],
  ['{ roles: { worker: 1 }, vms: { worker.2: {} } }', /cluster\.yaml:1:42: there is no VM "worker\.2"/],
  [
    '{ vms: { worker.1: { role: worker } } }',
    /cluster\.yaml:1:20: vms\.worker\.1: a VM of its own is named by a lower-case/,
  ],
  ['{ vms: { bs1-a: { role: plain }, a: { role: plain } } }', /"bs1-a" is the name of something else/],
  ['{ roles: { worker: 1 }, vms: { worker-20: { role: plain } } }', /"worker-20" is the name of something else/],
  ['{ roles: { worker: many } }', /cluster\.yaml:1:30: roles\.worker: "many" is not a whole number/],
  ['{ roles: { worker: { cuont: 1 } } }', /unrecognized key "cuont", did you mean "count"\?/],
  ['{ vms: { Big: { role: worker } } }', /"Big" is not a VM name/],
  ['{ roles: { wroker: 1 } }', /cluster\.yaml:1:\d+: roles\.wroker: unknown role "wroker", did you mean "worker"\?/],
  [
    '{ roles: { wroker: 1, plain: many }, vms: { a: { role: plian } } }',
    /unknown role "wroker"[^]*"many" is not a whole number[^]*vms\.a\.role: unknown role "plian", did you mean "plain"/,
  ],
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

t.test('a steering file that is almost JSON, or has a key twice, is told with the place', async (t) => {
  const cwd = t.testdir();
  const path = join(cwd, 'steering.json');
  const read = async (text: string | Buffer) => {
    await writeFile(path, text);
    return await readSteering(path);
  };
  const whole = JSON.stringify(STEERING, null, 2);
  t.ok(await read(`\uFEFF${whole}`), 'a byte order mark');
  t.ok(await read(Buffer.from(`\uFEFF${whole}`, 'utf16le')), 'UTF-16');
  const cases: readonly [text: string, message: RegExp][] = [
    [
      whole.replace(/\n\}$/, ',\n}'),
      /steering\.json:\d+:1: a comma before "\}", where JSON has none: a steering file is JSON$/,
    ],
    [whole.replace('{', '{ // mine'), /steering\.json:1:3: a comment, which JSON does not have/],
    [`# mine\n${whole}`, /steering\.json:1:1: a comment, which JSON does not have/],
    [whole.replace('"i-1"', "'i-1'"), /steering\.json:\d+:\d+: a ' where JSON has double quotes/],
    [whole.replace('},', '}'), /steering\.json:\d+:\d+: "\\"" is not expected here/],
    [whole.slice(0, -1), /steering\.json:\d+:\d+: the text ends too early/],
    [whole.replace('"bb-2"', '"bb-1"'), /steering\.json:\d+:5: key "bb-1" stands twice: first at line \d+$/],
    [
      whole.replace('"uuid_image": "i-1"', '"uuid_image": "i-9"'),
      /steering\.json:\d+:\d+: instances\.bb-1\.uuid_image: there is no "i-9"$/,
    ],
  ];
  for (const [text, message] of cases) await t.rejects(read(text), { code: 'config-invalid', message });
});

t.test('names of images and flavors that nobody has mapped are told', async (t) => {
  const images = { 'i-1': { OS_IMAGE_NAME: 'openSUSE' } };
  await t.rejects(planOfSteering(t, { ...STEERING, images }), { exitCode: 2, message: /unknown slot "openSUSE"/ });
  const flavor = { 'f-1': { OS_FLAVOR_NAME: 'm1.big' }, 'f-2': { OS_FLAVOR_NAME: 'plain' } };
  await t.rejects(planOfSteering(t, { ...STEERING, flavor }), { exitCode: 2, message: /unknown role "m1\.big"/ });
});

t.test('what is wrong in a steering file is told with its line and column, and with what maps the name', async (t) => {
  const cwd = t.testdir({ 'names.yaml': 'steering: { flavors: { plain: plain } }\n' });
  const path = join(cwd, 'steering.json');
  await writeFile(path, JSON.stringify(STEERING, null, 2));
  const steering = await readSteering(path);
  if (!steering) throw new Error('no steering file');
  const configuration = await configurationOf(t, join(cwd, 'names.yaml'));
  t.throws(() => planOfTopology(configuration, steeredTopology(steering, configuration.steering)), {
    code: 'usage',
    message:
      /steering\.json:38:25: flavor\.f-1\.OS_FLAVOR_NAME: unknown role "d2\.tiny"[^\n]*steering\.flavors: {"d2\.tiny": ROLE}\n.*steering\.json:30:24: images\.i-1\.OS_IMAGE_NAME: unknown slot "SLES12"[^\n]*steering\.images: {"SLES12": SLOT}$/,
  });
  await writeFile(path, JSON.stringify({ ...STEERING, images: { 'i-1': { OS_IMAGE_NAME: 7 } } }, null, 2));
  await t.rejects(readSteering(path), { message: /steering\.json:30:24: images\.i-1\.OS_IMAGE_NAME: / });
});

t.test('a file of another kind is no steering file', async (t) => {
  const cwd = t.testdir({ 'a.yaml': 'topology: {}\n', 'b.json': '{"topology": {}}', 'c.json': '[]' });
  for (const name of ['a.yaml', 'b.json', 'c.json', 'missing'])
    t.equal(await readSteering(join(cwd, name)), null, name);
});

t.test('disks of two VMs are never one file', async (t) => {
  const yaml = `
topology:
  layers: [roles]
  vms:
    web: { role: plain, disks: { db-root: { size: 1GiB } } }
    web-db: { role: plain }
`;
  await t.rejects(planOfFile(t, yaml), {
    code: 'plan-invalid',
    message: /disk "root" of web-db would have the file of another VM's disk/,
  });
});
