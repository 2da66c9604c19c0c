import { chmod, chown, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getuid } from 'node:process';
import t, { type Test } from 'tap';
import { runLine } from './run-line.js';

const PROJECT = `
layers: roles
slice: 7
topology: controller:1 plain:2
network_flags:
  data:
    mtu: 1400
`;

interface PlannedSlice {
  readonly slice: number;
  readonly vms: readonly { readonly hostname: string }[];
}

/** Plans in a folder, and gives the slice and the number of VMs of each role. */
async function planned(cwd: string, ...words: readonly string[]): Promise<readonly [slice: number, vms: string]> {
  const { code, stdout, stderr } = await runLine(['--connect', 'test:///default', 'plan', ...words, '--json'], { cwd });
  if (code !== 0) throw new Error(stderr);
  const { slice, vms } = JSON.parse(stdout) as PlannedSlice;
  return [slice, vms.map(({ hostname }) => hostname).join(' ')];
}

function project(t: Test, text = PROJECT): string {
  return t.testdir({ 'virtbs.yaml': text, below: { 'other.yaml': 'slice: 8\ntopology: [worker]\n' } });
}

t.test('virtbs.yaml says what to make, in its folder and below; the command line wins', async (t) => {
  const folder = project(t);
  const below = join(folder, 'below');
  t.strictSame(await planned(folder), [7, 'controller-02 plain-60 plain-61']);
  t.strictSame(await planned(below), [7, 'controller-02 plain-60 plain-61']);
  t.strictSame(await planned(below, 'worker:1'), [7, 'worker-20']);
  t.strictSame(await planned(below, 'roles', 'worker:1'), [7, 'worker-20']);
  t.strictSame(await planned(below, 'roles'), [7, 'controller-02 plain-60 plain-61'], 'layers alone replace layers');
  t.strictSame(await planned(below, '-s', '3'), [3, 'controller-02 plain-60 plain-61']);
  t.strictSame(await planned(below, '-c', 'other.yaml', 'plain'.concat(':1')), [8, 'plain-60']);
  t.strictSame(await planned(below, '--project', 'other.yaml'), [8, 'worker-20']);
  t.strictSame(await planned(below, '--project', 'none', 'plain:1'), [1, 'plain-60']);
  t.strictSame(await planned(folder, '-c', 'virtbs.yaml'), [7, 'controller-02 plain-60 plain-61'], 'given twice');
});

t.test('without a file, the layer is "roles"', async (t) => {
  const folder = t.testdir({});
  t.strictSame(await planned(folder, 'controller:1', 'worker:1'), [1, 'controller-02 worker-20']);
  t.strictSame(await planned(folder, 'controller:1,worker:1'), [1, 'controller-02 worker-20']);
  t.match(await runLine(['plan', 'controller'], { cwd: folder }), {
    code: 2,
    stderr: /controller is a role, and no layer/,
  });
  t.match(await runLine(['plan'], { cwd: folder }), { code: 2, stderr: /no layers, no topology/ });
});

t.test('config says the place of each value of the project, and a mistake has its place', async (t) => {
  const folder = project(t);
  const { stdout } = await runLine(['config'], { cwd: folder });
  t.match(stdout, /^slice: 7 +# virtbs\.yaml:3:8$/m);
  t.match(stdout, /^ {2}layers: \[roles\] +# virtbs\.yaml:2:9$/m);
  t.match(stdout, /^ {4}controller: 1 +# virtbs\.yaml:4:11$/m);
  const below = await runLine(['config'], { cwd: join(folder, 'below') });
  t.match(below.stdout, new RegExp(`^slice: 7 +# ${folder}/virtbs\\.yaml:3:8$`, 'm'));
});

for (const [text, message] of [
  ['layers: 5', /^error: virtbs\.yaml:1:9: layers: 5 is not layers with commas/m],
  ['layers: [roles]\ntopology: {layers: [roles], roles: {plain: 1}}', /virtbs\.yaml:1:1: "layers" stands twice/],
  ['topology: "plain:x"', /virtbs\.yaml:1:11: topology: "plain:x": the count "x" is not a number/],
  ['topology: plain plain:2', /virtbs\.yaml:1:11: topology: role "plain" is asked for twice/],
  ['topology: [plain, 5]', /virtbs\.yaml:1:19: topology\[1\]: 5 is not text such as controller:1/],
  ['topology: [plain:1, wroker:2]', /virtbs\.yaml:1:21: roles\.wroker: unknown role "wroker", did you mean "worker"/],
  ['slice: many', /virtbs\.yaml:1:8: slice: "many" is not a whole number/],
  ['do: [1]', /virtbs\.yaml:1:6: do\[0\]: 1 is not a task name/],
  ['vms: {lb: {role: plian}}', /virtbs\.yaml:1:18: vms\.lb\.role: unknown role "plian"/],
] as const) {
  t.test(`${JSON.stringify(text)} is refused at its place`, async (t) => {
    const { code, stderr } = await runLine(['plan'], { cwd: project(t, text) });
    t.equal(code, 2);
    t.match(stderr, message);
  });
}

t.test('a virtbs.yaml of another user is refused, unless it is given by name', async (t) => {
  const folder = project(t);
  const file = join(folder, 'virtbs.yaml');
  await chmod(file, 0o666);
  const below = join(folder, 'below');
  t.match(await runLine(['plan'], { cwd: below }), { code: 2, stderr: /virtbs\.yaml: every user may write to it/ });
  t.strictSame(await planned(below, '-c', file), [7, 'controller-02 plain-60 plain-61']);
  t.strictSame(await planned(below, '--project', file), [7, 'controller-02 plain-60 plain-61']);
  await chmod(file, 0o644);
  if (getuid?.() !== 0) return;
  await chown(file, 4711, 4711);
  const refused = { code: 2, stderr: /belongs to another user \(uid 4711\)/ };
  t.match(await runLine(['config'], { cwd: below }), refused);
  t.match(await runLine(['config'], { cwd: below, variables: { SUDO_UID: '4712' } }), refused);
  t.match(await runLine(['config'], { cwd: below, variables: { SUDO_UID: '4711' } }), { code: 0 });
});

t.test('init begins a project that works as it stands, and overwrites nothing', async (t) => {
  const folder = t.testdir({});
  const made = await runLine(['init', 'new/one'], { cwd: folder });
  const file = join(folder, 'new/one/virtbs.yaml');
  t.match(made, { code: 0, stdout: `wrote ${file}`, stderr: 'next: virtbs cycle' });
  t.strictSame(await planned(join(folder, 'new/one')), [1, 'controller-02 worker-20 worker-21']);
  t.match(await runLine(['init', 'new/one'], { cwd: folder }), { code: 1, stderr: /is there already/ });
  const text = await readFile(file, 'utf8');
  const [, schema = ''] = /^# yaml-language-server: \$schema=(.*)$/m.exec(text) ?? [];
  t.match(JSON.parse(await readFile(schema, 'utf8')), { title: /configuration file of virtbs/ });
  const json = await runLine(['init', '--json'], { cwd: folder });
  t.strictSame(JSON.parse(json.stdout), { version: 1, file: join(folder, 'virtbs.yaml') });
});

t.test('a project is laid over the payload that it names', async (t) => {
  const folder = t.testdir({
    one: {},
    own: { 'virtbs.yaml': 'topology: plain:1\nslice: 4\n' },
    'virtbs.yaml': 'payload: ./own\n',
  });
  t.match(await runLine(['--payload', 'patroni', 'init', 'one'], { cwd: folder }), { code: 0 });
  const [slice, vms] = await planned(join(folder, 'one'));
  t.equal(slice, 1);
  t.match(vms, /^etcd-02 etcd-03 etcd-04 postgres-20 postgres-21$/);
  t.strictSame(await planned(folder), [4, 'plain-60'], 'a folder counts from that of the file');
  t.strictSame(await planned(folder, 'worker:1'), [4, 'worker-20']);
});

t.test('any file can name the payload; the last one counts, and a payload names none', async (t) => {
  const folder = t.testdir({
    own: { 'virtbs.yaml': 'topology: plain:1\nslice: 4\ntasks: { one: { on: all, run: "true" } }\n' },
    other: { 'virtbs.yaml': 'topology: plain:2\nslice: 5\n' },
    nested: { 'virtbs.yaml': 'payload: patroni\n' },
    more: { 'mine.yaml': 'payload: ../own\n', 'late.yaml': 'payload: ../other\n', 'bad.yaml': 'payload: ../nested\n' },
    elsewhere: {},
  });
  const cwd = join(folder, 'elsewhere');
  const plan = async (...words: readonly string[]): Promise<unknown> => {
    const { code, stdout, stderr } = await runLine([...words, 'plan', '--json'], { cwd });
    return code === 0 ? (JSON.parse(stdout) as unknown) : `${code} ${stderr}`;
  };
  const hosts = (...names: readonly string[]) => ({ vms: names.map((hostname) => ({ hostname })) });
  t.match(await plan('-c', '../more/mine.yaml'), { slice: 4, ...hosts('plain-60') });
  const both = ['-c', '../more/mine.yaml', '-c', '../more/late.yaml'];
  t.match(await plan(...both), { slice: 5, ...hosts('plain-60', 'plain-61') });
  t.match(await plan(...both, '-e', 'payload=../own'), { slice: 4 }, 'a folder of the line counts from where one is');
  t.match(await plan(...both, '--payload', '../own'), { slice: 4 });
  t.match(await plan('-c', '../more/bad.yaml'), /^2 .*nested\/virtbs.yaml: payload: a payload cannot be laid over/);
});
