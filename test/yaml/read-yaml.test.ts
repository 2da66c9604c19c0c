import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { readYaml } from '../../src/yaml/read-yaml.js';
import { treeValue } from '../../src/yaml/tree.js';
import { PACKAGE, problemsOf } from '../config/problems-of.js';

/** A file, and what is to be said about it, without its name in front. */
type Case = readonly [title: string, text: string | Buffer, ...expected: string[]];

const CASES: readonly Case[] = [
  ['a list', '- network_flags\n', ':1:1: a list is not a map of keys and values'],
  ['plain text', 'hello\n', ':1:1: "hello" is not a map of keys and values'],
  ['a tab before a key', 'network_flags:\n\tnet: {}\n', ':2:1: a tab cannot indent: use blanks'],
  [
    'a bracket left open',
    'network_flags: {\n',
    ':2:1: flow map in block collection must be sufficiently indented and end with a }',
  ],
  ['a second document', 'network_flags: {}\n---\npaths: {}\n', ':2:1: a second document: one file holds one'],
  ['a tag', 'network_flags: !mine {}\n', ':1:16: unresolved tag: !mine'],
  ['an alias of nothing', 'network_flags: { net: *net }\n', ':1:23: alias *net: no anchor &net before it'],
  ['an alias within itself', 'network_flags: &a { net: *a }\n', ':1:26: alias *a stands within what it names'],
  ['a merge key without a map', 'network_flags:\n  <<: 7\n', ':2:3: "<<" takes a map or a list of maps, such as *name'],
  ['a key that is a list', 'network_flags:\n  ? [a]\n  : {}\n', ':2:5: a key must be plain text'],
  ['a key of the language', '__proto__: {}\n', ':1:1: key "__proto__" is not allowed'],
  ['a byte that is not UTF-8', Buffer.from('paths:\n  é \xff', 'latin1'), ':2:3: a byte that is not UTF-8'],
  ['too much text', '#'.repeat(256 * 1024 + 1), ': larger than 256 KiB'],
  ['deep brackets', '['.repeat(50_000), ':1:201: nested too deeply'],
  ['deep lists', '- '.repeat(50_000), ':1:400: nested too deeply'],
  [
    'deep labels',
    `network_flags: { net: { labels: ${'{a: '.repeat(40)}1${'}'.repeat(40)} } }\n`,
    ':1:150: nested more than 32 levels deep',
  ],
  ['aliases that multiply', bomb(), ':1:1: more than 20000 values, aliases counted'],
  ['merge keys that multiply', mergeBomb(), ':201:11: more than 20000 values taken over by "<<"'],
  ['a key that stands twice', 'paths: {}\npaths: {}\n', ':2:1: key "paths" stands twice: first at line 1'],
  [
    'bytes',
    'paths: { virtbs_root: !!binary aGk= }\n',
    ':1:32: aGk= is neither text nor number, true or false: put it in quotes',
  ],
];

for (const [title, text, ...expected] of CASES) {
  t.test(`${title} is found at its place`, async (t) => {
    const cwd = t.testdir({ package: PACKAGE });
    await writeFile(join(cwd, 'own.yaml'), text);
    const message = await problemsOf({ cwd, files: ['own.yaml'] });
    t.strictSame(
      message.split('\n'),
      expected.map((line) => `own.yaml${line}`),
    );
  });
}

t.test('what no number keeps stays text, and is told as it was written', (t) => {
  const place = (line: number, column: number) => ({ source: 'a', line, column });
  const valueOf = (text: string) => {
    const { tree } = readYaml(`a: ${text}`, place);
    return tree && (treeValue(tree) as { a: unknown }).a;
  };
  const digits = `${'1234567890'.repeat(6)}1234`;
  const texts = [
    '71e9999',
    '-71e9999',
    '1e-9999',
    '12345678901234567890',
    digits,
    `0${digits.slice(1)}`,
    `${digits.slice(0, 62)}e5`,
    '0x1fffffffffffffffff',
    '1.23456789012345678901',
  ];
  for (const text of texts) t.equal(valueOf(text), text);
  t.strictSame(
    ['12', '-7', '1.10', '1e3', '0.1', '9007199254740991', '0', '0.0', '007', '0xff', '0o17', '.inf'].map(valueOf),
    [12, -7, 1.1, 1000, 0.1, 9007199254740991, 0, 0, 7, 255, 15, Infinity],
  );
  t.end();
});

t.test('a digest of digits needs no quotes, and text where a number belongs is repeated', async (t) => {
  const cwd = t.testdir({ package: PACKAGE });
  const digest = `${'1234567890'.repeat(6)}1234`;
  const recipe = `image_flow: { own: { image_download: { url: /a.qcow2, sha256: ${digest} } } }\n`;
  await writeFile(join(cwd, 'own.yaml'), recipe);
  t.notMatch(await problemsOf({ cwd, files: ['own.yaml'] }).catch(String), /sha256/);
  await writeFile(join(cwd, 'own.yaml'), 'network_flags: { data: { mtu: 71e9999 } }\n');
  t.match(await problemsOf({ cwd, files: ['own.yaml'] }), /"71e9999" is not a whole number/);
});

t.test('the configuration of another tool, and a steering file, are told as what they are', async (t) => {
  const cwd = t.testdir({
    package: PACKAGE,
    'cloud.cfg': '# my account\n\n[main]\nusername="me"\nauth_url="https://example.org:5000/v2.0/"\ntenant="t"\n',
    'other.ini': '[defaults]\nforks = 5\n',
    'steering.json': '{"images": {}, "flavor": {}, "instances": {}}',
  });
  const tell = (file: string) => problemsOf({ cwd, files: [file] });
  t.match(
    await tell('cloud.cfg'),
    /^cloud\.cfg:3:1: this is an INI file of whatenv.*clouds\.yaml.*docs\/openstack\.md/,
  );
  t.match(await tell('other.ini'), /^other\.ini:1:1: this is an INI file, and virtbs reads YAML/);
  t.match(await tell('steering.json'), /^steering\.json:1:1: this is a steering file: give it with --file/);
});

/** Eight lines, each an alias of the one before ten times over. */
function bomb(): string {
  const lines = ['a0: &a0 [x]'];
  for (let level = 1; level <= 8; level++) lines.push(`a${level}: &a${level} [${`*a${level - 1}, `.repeat(10)}]`);
  return `network_flags: { net: { labels: {\n  ${lines.join(',\n  ')}} } }\n`;
}

/** Each map takes over all that the one before it has, and adds a key. */
function mergeBomb(): string {
  const lines = ['- &m0 { k0: 1 }'];
  for (let level = 1; level <= 1000; level++) lines.push(`- &m${level} { <<: *m${level - 1}, k${level}: 1 }`);
  return `${lines.join('\n')}\n`;
}
