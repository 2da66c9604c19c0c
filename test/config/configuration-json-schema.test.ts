import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { format, resolveConfig } from 'prettier';
import t from 'tap';
import { configurationPage } from '../../src/cli/render/configuration-page.js';
import { configurationJsonSchema } from '../../src/config/configuration-json-schema.js';
import { configurationSchema } from '../../src/config/configuration-schema.js';
import { describeKey } from '../../src/config/describe-key.js';
import { loadDriverSections } from '../../src/config/driver-section.js';
import { initialProject } from '../../src/config/initial-project.js';
import { KEY_DESCRIPTIONS, SHARED } from '../../src/config/key-descriptions.js';
import { listKeys } from '../../src/config/list-keys.js';
import { readFileSource } from '../../src/config/read-source.js';
import { DRIVERS } from '../../src/driver/known-drivers.js';
import { packageDirectory } from '../../src/package-directory.js';
import { readYaml } from '../../src/yaml/read-yaml.js';
import { treeValue } from '../../src/yaml/tree.js';

const drivers = await loadDriverSections(DRIVERS);
const folder = await packageDirectory();
const ajv = new Ajv({ allowUnionTypes: true });
const validate = ajv.compile(configurationJsonSchema(drivers));

/** Returns what the JSON Schema says is wrong with a text of YAML. */
function schemaErrors(text: string): readonly string[] {
  const { tree } = readYaml(text, (line, column) => ({ source: 'x', line, column }));
  // A document that is empty is one without keys.
  const value: unknown = tree ? JSON.parse(JSON.stringify(treeValue(tree))) : {};
  return validate(value) ? [] : (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
}

/** Returns what virtbs itself says is wrong with it. */
function ownProblems(text: string): readonly string[] {
  return readFileSource({ path: '/x.yaml', bytes: Buffer.from(text) }, '/', drivers).problems.map(({ what }) => what);
}

t.test('every key of the configuration is described, and nothing else is', async (t) => {
  const keys = listKeys(configurationSchema(drivers)).map(({ path }) => path);
  t.ok(keys.length > 250);
  t.strictSame(
    keys.filter((path) => describeKey(path) === undefined),
    [],
    'add them to src/config/key-descriptions.ts',
  );
  const known = new Set(keys);
  t.strictSame(
    [...Object.keys(KEY_DESCRIPTIONS), ...SHARED.flat()].filter((path) => !known.has(path)),
    [],
  );
});

t.test('the schema and the reference are those of the code: otherwise call tools/write-schemas.js', async (t) => {
  for (const [path, text] of [
    ['schemas/configuration.schema.json', JSON.stringify(configurationJsonSchema(drivers))],
    ['docs/reference/configuration.md', configurationPage(drivers)],
  ] as const) {
    const file = join(folder, path);
    const wanted = await format(text, { ...(await resolveConfig(file)), filepath: file });
    t.equal(await readFile(file, 'utf8'), wanted, path);
  }
});

t.test('the shipped files, the payloads and what init writes are what the schema allows', async (t) => {
  const payloads = (await readdir(join(folder, 'payloads'))).map((name) => `payloads/${name}/virtbs.yaml`);
  const shipped = ['slices', 'images'].map(async (name) =>
    (await readdir(join(folder, name))).filter((file) => file.endsWith('.yaml')).map((file) => `${name}/${file}`),
  );
  for (const file of [...payloads, ...(await Promise.all(shipped)).flat()]) {
    t.strictSame(schemaErrors(await readFile(join(folder, file), 'utf8')), [], file);
  }
  for (const payload of [undefined, 'patroni', './a "folder"']) {
    const text = initialProject({ schema: '/x.json', payload });
    t.strictSame(schemaErrors(text), [], text);
    t.strictSame(ownProblems(text), [], text);
    const all = text.replaceAll(/^# ((?: *)[a-z_]+:)/gm, '$1').replaceAll(/^# ( +[a-z_]+:)/gm, '$1');
    t.strictSame(schemaErrors(all.replace(/^topology: .*\n(?=[^]*^topology:)/m, '')), [], all);
  }
});

for (const text of [
  '',
  'topology: controller:1 worker:2',
  'topology: [controller:1, worker]',
  'topology: {layers: [roles], roles: {controller: 1, worker: {count: 2, memory: 256MiB}}, vms: {lb: {role: plain}}}',
  'layers: roles,debian',
  'layers: [roles, debian]',
  'slice: 3\ndo: false',
  'do: [verify]',
  'tasks: {a: {on: {rack: 2}, run: "true"}, b: {on: [worker, here], wants: [a], script: x.sh, timeout: 90s, retries: 3}}',
  'machine_matrix: {mine: {db: {memory: 2GiB, nets: [net], disks: {root: {size: 20GiB, image_slot: debian}, wal: }}}}',
  'tasks: {a: {on: all, run: "true", cache: 1d}, b: {on: all, run: "true", cache: never}}',
  'network_flags: {data: }',
  'image_flow: {x: {image_download: {url: [http://a, http://b], sha256: sums/x}}}',
  'notify: [/bin/true]',
  'notify: {mail: a@example.org}',
  'checkpoint: {keep: auto, max_size: 10GiB}',
  'driver: libvirt',
  'openstack: {roles: {worker: {flavor: m1}}, meta: {a: b}}',
]) {
  t.test(`the schema and virtbs both allow ${JSON.stringify(text)}`, async (t) => {
    t.strictSame([schemaErrors(text), ownProblems(text)], [[], []]);
  });
}

for (const text of [
  '[]',
  'topolgy: controller:1',
  'topology: 5',
  'topology: {rolls: {}}',
  'layers: 5',
  'layers: [roles, roles]',
  'slice: many',
  'slice: -1',
  'do: 1',
  'tasks: {a: {runs: "true"}}',
  'tasks: {a: {first: maybe}}',
  'tasks: {"a b": {run: "true"}}',
  'tasks: {a: {on: all, run: "true", cache: [1d]}}',
  'machine_matrix: {mine: {db: {memroy: 2GiB}}}',
  'machine_matrix: {mine: {db: {vcpu: 0}}}',
  'machine_matrix: {mine: {db: {cache: fast}}}',
  'network_flags: {data: {mtu: big}}',
  'network_flags: {DATA: {}}',
  'image_flow: {x: {image_download: {urls: http://a}}}',
  'driver: vmware',
  'capacity: {memory_overcommit: 0}',
]) {
  t.test(`the schema and virtbs both refuse ${JSON.stringify(text)}`, async (t) => {
    t.not(schemaErrors(text).length, 0, 'the schema');
    t.not(ownProblems(text).length, 0, 'virtbs');
  });
}
