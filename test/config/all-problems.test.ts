import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as fc from 'fast-check';
import t from 'tap';
import type { Override } from '../../src/config/read-override.js';
import { PACKAGE, problemsOf } from './problems-of.js';

t.test('problems of several files and options are reported in one go, by file and place', async (t) => {
  const roles = 'machine_matrix:\n  roles:\n    worker:\n      vcpu: 0\n      memroy: 1GiB\n      nets: [net, net]\n';
  const cwd = t.testdir({
    package: { ...PACKAGE, slices: { ...PACKAGE.slices, 'roles.yaml': roles } },
    'b.yaml': 'network_flags: { net: { mtu: 9 } }\nnetwork_flag: {}\n',
    'a.yaml': 'machine_matrix: { roles: { worker: { vcpu: 2, disks: { root: { image_slot: debian } } } } }\n',
  });
  const overrides: Override[] = [
    { kind: 'literal', text: 'network_flags.net.dns=[]' },
    { kind: 'string', text: 'network_flags.net.mtu=10' },
  ];
  const message = await problemsOf({ cwd, files: ['b.yaml', 'a.yaml'], overrides });
  t.strictSame(message.split('\n'), [
    'a.yaml:1:76: worker.disks.root.image_slot: unknown slot "debian": known are mini',
    'b.yaml:1:30: net.mtu: 9 is not a whole number from 576 to 9216',
    'b.yaml:2:1: unrecognized key "network_flag", did you mean "network_flags"?',
    'package/slices/roles.yaml:4:13: worker.vcpu: 0 is not a whole number from 1 to 512',
    'package/slices/roles.yaml:5:7: worker: unrecognized key "memroy", did you mean "memory"?',
    'package/slices/roles.yaml:6:19: worker.nets[1]: "net" stands twice in the list',
    '-E network_flags.net.dns=[] (override 1): net.dns: a list is not true or false',
    '-e network_flags.net.mtu=10 (override 2): net.mtu: 10 is not a whole number from 576 to 9216',
  ]);
});

t.test('a file that cannot be read does not hide the others, nor make their names unknown', async (t) => {
  const cwd = t.testdir({
    package: PACKAGE,
    'slots.yaml': 'image_flow: {\n',
    'roles.yaml': 'machine_matrix: { a: { b: { vcpu: 0, disks: { c: { image_slot: in-slots } } } } }\n',
    folder: {},
  });
  const message = await problemsOf({ cwd, files: ['slots.yaml', 'roles.yaml', 'folder', 'none.yaml', 'roles.yaml/x'] });
  t.strictSame(message.split('\n'), [
    'folder: this is a folder, not a file',
    'none.yaml: no such file or folder',
    'roles.yaml:1:35: b.vcpu: 0 is not a whole number from 1 to 512',
    'roles.yaml/x: no such file or folder',
    'slots.yaml:2:1: flow map in block collection must be sufficiently indented and end with a }',
  ]);
});

t.test('overrides that are no assignment say how one is written', async (t) => {
  const cwd = t.testdir({ package: PACKAGE });
  const texts = ['network_flags', '=1', 'a..b=1', 'a."b=1', 'a b=1', '__proto__.x=1', ''];
  const overrides = texts.map((text): Override => ({ kind: 'string', text }));
  const lines = (await problemsOf({ cwd, overrides: [...overrides, { kind: 'literal', text: 'paths={a: ' }] })).split(
    '\n',
  );
  t.equal(lines.length, texts.length + 1);
  t.match(lines[0], '-e network_flags (override 1): no "=": write path=value, such as network_flags.data.mtu=9000');
  for (const line of lines.slice(1, 5)) t.match(line, /: not a path of keys with dots between them/);
  t.match(lines[5], /: key "__proto__" is not allowed$/);
  t.match(lines[7], '-E paths={a:  (override 8): flow map must end with a }');
});

t.test('a pool without all its keys names the folder where they belong', async (t) => {
  const cwd = t.testdir({ package: { slices: {}, images: {} }, 'own.yaml': 'paths: {}\n' });
  const lines = (await problemsOf({ cwd, files: ['own.yaml'] })).split('\n');
  t.equal(lines.length, 7);
  t.equal(lines[0], 'package/slices: address_pool: no "ipv4_start" in any file');
});

t.test('an empty file and one of comments only are fine', async (t) => {
  const cwd = t.testdir({
    package: PACKAGE,
    'empty.yaml': '',
    'comments.yaml': '# network_flags:\n',
    'bom.yaml': '\uFEFF---\n',
  });
  t.equal(await problemsOf({ cwd, files: ['empty.yaml', 'comments.yaml', 'bom.yaml'] }), '');
});

const NAMES =
  'address_pool image_flow network_flags machine_matrix paths roles worker net mini disks memory nets labels size';
const VALUES =
  'image_slot same_bridge mtu __proto__ constructor 512MiB 7 -1 null ~ .nan 0x10 1e400 true yes << *a !!set !!binary';
const LAYOUT = [
  ': ',
  ':\n',
  '\n',
  '\n  ',
  '\n    ',
  '\t',
  '- ',
  '? ',
  ', ',
  '---\n',
  '...\n',
  '\r\n',
  '|\n',
  '>-\n',
  '# ',
  '&a ',
];
const SIGNS = [
  '!x ',
  '[',
  ']',
  '{',
  '}',
  '"',
  "'",
  '\0',
  '\uFEFF',
  '\uD800',
  '\\',
  '@',
  '`',
  '\u2028',
  '%YAML 1.1\n---\n',
];
const WORDS = [...NAMES.split(' '), ...VALUES.split(' '), ...LAYOUT, ...SIGNS];

t.test('whatever a file or an option holds, loading ends well or with a VirtbsError', async (t) => {
  const cwd = t.testdir({ package: PACKAGE });
  await mkdir(join(cwd, 'own'));
  const yaml = fc.oneof(
    { weight: 4, arbitrary: fc.array(fc.constantFrom(...WORDS), { maxLength: 40 }).map((words) => words.join('')) },
    { weight: 2, arbitrary: fc.json() },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
  );
  const kind = fc.constantFrom('string' as const, 'literal' as const);
  const override = fc.record({
    kind,
    text: fc.tuple(fc.constantFrom(...WORDS), yaml).map(([path, value]) => `${path}=${value}`),
  });
  let number = 0;
  await fc.assert(
    fc.asyncProperty(yaml, fc.array(override, { maxLength: 1 }), async (text, overrides) => {
      const file = `own/${number++}.yaml`;
      await writeFile(join(cwd, file), text);
      const message = await problemsOf({ cwd, files: [file], overrides });
      return message.split('\n').every((line) => line === '' || /^(?:own\/|package\/slices|-e |-E )/.test(line));
    }),
    { seed: 20, numRuns: 2000 },
  );
});
