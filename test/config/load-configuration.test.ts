import { join } from 'node:path';
import t from 'tap';
import type { Configuration } from '../../src/config/configuration.js';
import { loadConfiguration } from '../../src/config/load-configuration.js';
import type { Override } from '../../src/config/read-override.js';
import { packageDirectory as findPackage } from '../../src/package-directory.js';
import { POOL } from './problems-of.js';

const ROLES = `machine_matrix:
  roles:
    controller: &controller
      memory: 128MiB
      nets: [net, data]
      disks:
        root: { size: 1GiB, image_slot: mini }
      first_offset: 0x02
    worker:
      <<: *controller
      first_offset: 0x20
  debian:
`;

t.test('the shipped files load without a problem', async (t) => {
  const packageDirectory = await findPackage();
  const configuration = await loadConfiguration({ packageDirectory, files: [], overrides: [], cwd: packageDirectory });
  t.equal(configuration.paths.virtbsRoot, '/srv/virtbs');
  t.equal(configuration.addressPool.ipv4Start, '172.16.0.0');
  t.match(configuration.networkFlags, { net: { id: 1, internetAccess: true }, data: { id: 2, internetAccess: false } });
  t.same(Object.keys(configuration.machineMatrix['roles'] ?? {}), ['controller', 'worker', 'plain', 'disk', 'pxe']);
  t.match(configuration.place(['machine_matrix', 'roles', 'worker', 'memory']), /^slices\/roles\.yaml:\d+:15$/);
});

t.test('files are laid over the shipped ones in their order: maps merged, lists replaced', async (t) => {
  const load = prepare(t, {
    'one.yaml': 'machine_matrix: { roles: { worker: { memory: 1GiB, nets: [lab] }, extra: {} } }\n',
    'two.yaml': 'machine_matrix:\n  roles:\n    worker: { memory: 2GiB }\n    controller:\nnetwork_flags:\n',
  });
  const configuration = await load(['one.yaml', 'two.yaml']);
  const { roles } = configuration.machineMatrix;
  t.match(roles?.['worker'], {
    memoryMiB: 2048,
    nets: ['lab'],
    firstOffset: 0x20,
    disks: { root: { imageSlot: 'mini' } },
  });
  t.match(roles?.['controller'], { memoryMiB: 128, nets: ['net', 'data'] }, 'an empty map takes nothing away');
  t.same(Object.keys(roles ?? {}), ['controller', 'worker', 'extra']);
  t.same(configuration.machineMatrix['debian'], {}, 'a layer may be empty');
});

t.test('every value knows its place', async (t) => {
  const load = prepare(t, { 'one.yaml': 'machine_matrix:\n  roles:\n    worker:\n      memory: 1GiB\n' });
  const overrides = [set('network_flags.data.mtu=9000'), literal('machine_matrix.roles.worker.nets=[lab]')];
  const configuration = await load(['one.yaml'], overrides);
  const place = (...path: string[]): string => configuration.place(['machine_matrix', 'roles', ...path]);
  t.equal(place('worker', 'memory'), 'one.yaml:4:15', 'the value of the last file');
  t.equal(place('worker'), 'one.yaml:3:5', 'the key of a map, in the last file that has it');
  t.equal(place('worker', 'first_offset'), 'package/slices/roles.yaml:11:21');
  t.equal(place('worker', 'disks', 'root', 'size'), 'package/slices/roles.yaml:7:23', 'where the anchor has it');
  t.equal(place('worker', 'nets', '0'), '-E machine_matrix.roles.worker.nets=[lab] (override 2)');
  t.equal(place('controller', 'nets'), 'package/slices/roles.yaml:5:7');
  t.equal(configuration.place(['machine_matrix', 'roles', 'controller', 'nets', 1]), 'package/slices/roles.yaml:5:19');
  t.equal(place('controller', 'vcpu'), 'package/slices/roles.yaml:3:5', 'the nearest that exists');
  t.equal(configuration.place([]), 'package/slices');
  t.equal(configuration.place(['network_flags', 'data', 'mtu']), '-e network_flags.data.mtu=9000 (override 1)');
});

t.test('paths outside the folder where one stands are shown absolute', async (t) => {
  const directory = t.testdir({ package: makePackage(), here: { 'own.yaml': 'network_flags: { own: {} }\n' } });
  const cwd = join(directory, 'here');
  const options = { packageDirectory: join(directory, 'package'), files: ['own.yaml'], overrides: [], cwd };
  const configuration = await loadConfiguration(options);
  t.equal(configuration.place(['network_flags', 'own']), 'own.yaml:1:18');
  const roles = join(directory, 'package/slices/roles.yaml');
  t.equal(configuration.place(['machine_matrix', 'roles']), `${roles}:2:3`);
});

t.test('overrides are laid over files in the order given, whatever their kind', async (t) => {
  const load = prepare(t, {});
  const memory = async (...overrides: Override[]): Promise<number | undefined> =>
    (await load([], overrides)).machineMatrix['roles']?.['worker']?.memoryMiB;
  const path = 'machine_matrix.roles.worker.memory';
  t.equal(await memory(set(`${path}=1GiB`), literal(`${path}=64`)), 64);
  t.equal(await memory(literal(`${path}=64`), set(`${path}=1GiB`)), 1024);
  t.equal(await memory(set(`${path}=96`)), 96, 'text that is a size');
  t.equal(await memory(literal('machine_matrix={roles: {worker: {memory: 1GiB}}}')), 1024);
});

t.test('the text of -e becomes a number, true or false only where nothing else fits', async (t) => {
  const load = prepare(t, {});
  const overrides = ['mtu=9000', 'id=0x10', 'internet_access=true', 'labels.number=12', 'labels.truth=true'];
  const configuration = await load(
    [],
    overrides.map((text) => set(`network_flags.data.${text}`)),
  );
  const labels = { number: '12', truth: 'true' };
  t.match(configuration.networkFlags['data'], { mtu: 9000, id: 16, internetAccess: true, labels });
  const text = literal('network_flags.data.mtu="9000"');
  await t.rejects(load([], [text]), { message: /: data\.mtu: "9000" is not a whole number from 576 to 9216$/ });
});

t.test('a key with dots is quoted in the path of an override, and a value may hold anything', async (t) => {
  const load = prepare(t, {
    'slot.yaml': 'image_flow: { ubuntu-24.04: { image_download: { insecure: true, url: a } } }\n',
  });
  for (const quote of ['"', "'"]) {
    const override = set(`image_flow.${quote}ubuntu-24.04${quote}.image_download.url=https://a/b?c="d.e"&f=g`);
    const { imageFlow } = await load(['slot.yaml'], [override]);
    t.strictSame(imageFlow['ubuntu-24.04']?.image_download?.url, ['https://a/b?c="d.e"&f=g']);
  }
});

t.test("a recipe's paths count from the folder of its file, and in an option from where one stands", async (t) => {
  const load = prepare(t, {
    lab: {
      'images.yaml': `image_flow:
  down: { image_download: { url: [a.img, "https://a/b", /c], sha256: ./SUMS, keyring: ../keys } }
  digest: { image_download: { url: cafe, sha256: ${'a'.repeat(64)} } }
  own:
    image_customize: { base: down, scripts: [one.sh, { file: two.sh }, { inline: a/b }], files: [{ path: /c, source: d }] }
  made: { image_script: { script: make } }
`,
    },
  });
  const configuration = await load(['lab/images.yaml'], [set('image_flow.made.image_script.script=other')]);
  const { imageFlow } = configuration;
  const at = (path: string) => join(t.testdirName, path);
  t.strictSame(imageFlow['down']?.image_download?.url, [at('lab/a.img'), 'https://a/b', '/c']);
  t.match(imageFlow['down']?.image_download, { sha256: at('lab/SUMS'), keyring: at('keys') });
  t.match(imageFlow['digest']?.image_download, { url: [at('lab/cafe')], sha256: 'a'.repeat(64) });
  t.match(imageFlow['own']?.image_customize, {
    scripts: [at('lab/one.sh'), { file: at('lab/two.sh') }, { inline: 'a/b' }],
    files: [{ path: '/c', source: at('lab/d') }],
  });
  t.equal(imageFlow['made']?.image_script?.script, at('other'));
  const shown = configuration.entries().map(({ value }) => JSON.stringify(value));
  t.ok(
    shown.some((value) => value.includes(at('lab/one.sh'))),
    'shown so that it can be read elsewhere',
  );
});

t.test('of several maps that are merged within a file the first wins, and the map itself before all', async (t) => {
  const anchors = 'network_flags:\n  a: &a { mtu: 1000, id: 10 }\n  b: &b { mtu: 2000, id: 20, dns: false }\n';
  const load = prepare(t, { 'one.yaml': `${anchors}  c: { id: 30, <<: [*a, *b] }\n  d: { "<<": 1 }\n` });
  await t.rejects(load(['one.yaml']), { message: /^one\.yaml:5:8: d: unrecognized key "<<"/ }, 'quoted it is a key');
  const merged = prepare(t, { 'one.yaml': `${anchors}  c: { id: 30, <<: [*a, *b] }\n` });
  t.match((await merged(['one.yaml'])).networkFlags['c'], { id: 30, mtu: 1000, dns: false });
});

t.test('flags that follow from another have its value', async (t) => {
  const load = prepare(t, { 'one.yaml': 'network_flags:\n  bare: { host_address: false }\n  full: {}\n' });
  const { networkFlags } = await load(['one.yaml']);
  t.match(networkFlags['bare'], { hostAddress: false, addressServing4: false, addressServing6: false, dns: false });
  t.match(networkFlags['full'], {
    hostAddress: true,
    addressServing4: true,
    addressServing6: false,
    dns: true,
    mtu: 1500,
  });
});

t.test('a name that every object has is a name like any other', async (t) => {
  const load = prepare(t, { 'one.yaml': 'machine_matrix:\n  constructor: { toString: { memory: 1GiB } }\n' });
  t.equal((await load([])).machineMatrix['constructor'], undefined);
  t.equal((await load(['one.yaml'])).machineMatrix['constructor']?.['toString']?.memoryMiB, 1024);
});

t.test('without shipped files the error names the folders', async (t) => {
  const cwd = t.testdir({ package: {} });
  const loading = loadConfiguration({ packageDirectory: 'package', files: [], overrides: [], cwd });
  const message = 'package/images: no such file or folder\npackage/slices: no such file or folder';
  await t.rejects(loading, { code: 'config-invalid', message, exitCode: 2 });
});

type Load = (files: readonly string[], overrides?: readonly Override[]) => Promise<Configuration>;

function prepare(t: { testdir: (content: Record<string, Content>) => string }, files: Record<string, Content>): Load {
  const cwd = t.testdir({ package: makePackage(), ...files });
  return (names, overrides = []) => loadConfiguration({ packageDirectory: 'package', files: names, overrides, cwd });
}

type Content = string | { [name: string]: Content };

function makePackage(): Content {
  return {
    slices: { 'pool.yaml': POOL, 'roles.yaml': ROLES, 'notes.txt': 'not: [read', '.roles.yaml': 'not: [read' },
    images: { 'mini.yaml': 'image_flow: { mini: { mini: } }\n' },
  };
}

function set(text: string): Override {
  return { kind: 'string', text };
}

function literal(text: string): Override {
  return { kind: 'literal', text };
}
