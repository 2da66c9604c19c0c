import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { COMMANDS } from '../../src/cli/commands.js';
import { SCHEMAS } from '../../src/cli/schemas/schemas.js';
import { noLab, runVirtbs } from './run-virtbs.js';

const CONFIGURATION = `
image_flow:
  json-test: { image_import: {} }
tasks:
  hello: { on: all, run: 'echo hello' }
ci:
  jobs:
    check: { topology: 'plain:1', run: 'true' }
`;

const RESULTS = '<testsuite><testcase name="one" time="1"/></testsuite>';

/** Stands for the key of the only checkpoint. */
const CHECKPOINT = '{checkpoint}';

type Step = readonly [kind: keyof typeof SCHEMAS, ...args: readonly string[]];

/** Every command that has a result, in an order in which each has something to say. */
const STEPS: readonly Step[] = [
  ['config', 'config'],
  ['config', 'config', 'show'],
  ['config-list', 'config', 'roles'],
  ['config-list', 'config', 'layers'],
  ['config-list', 'config', 'networks'],
  ['host-check', 'host', 'check'],
  ['host-prepare', 'host', 'prepare', '--dry-run'],
  ['payload-ls', 'payload', 'ls'],
  ['init', 'init', 'begun'],
  ['plan', 'plan', 'roles', 'controller:1'],
  ['image-build', 'image', 'build', 'mini'],
  ['image-export', 'image', 'export', 'mini', 'mini.qcow2'],
  ['image-add', 'image', 'import', 'mini.qcow2', 'json-test'],
  ['tag', 'tag', 'json-test', 'passed'],
  ['image-ls', 'image', 'ls'],
  ['image-ls', 'image', 'show', 'mini'],
  ['image-gc', 'image', 'gc', '--older', '0', '--dry-run'],
  ['cycle', 'cycle', 'roles', 'plain:1'],
  ['cycle', 'cycle', '--dry-run', 'roles', 'plain:1'],
  ['cycle', 'cycle', 'roles', 'plain:1', '--checkpoint=yes'],
  ['checkpoint-ls', 'checkpoint', 'ls'],
  ['checkpoint-ls', 'checkpoint', 'show', CHECKPOINT],
  ['checkpoint-rm', 'checkpoint', 'rm', '--all'],
  ['tag', 'tagactive', 'active'],
  ['untag', 'untag', 'mini', 'active'],
  ['ssh-config', 'ssh-config', 'install', '--file', 'ssh-config'],
  ['ssh-config', 'ssh-config', 'remove', '--file', 'ssh-config'],
  ['ls', 'ls'],
  ['status', 'status'],
  ['wait', 'wait'],
  ['run', 'run', '--', 'hostname'],
  ['copy', 'sync', 'tree', 'plain:/opt/tree'],
  ['copy', 'cp', 'json.yaml', 'plain:/tmp/json.yaml'],
  ['top', 'top', '--once', '--interval', '500ms'],
  ['graph', 'graph', '--format', 'dot'],
  ['do', 'do'],
  ['verify', 'do', '--verify', 'hello', '-E', 'topology=plain:1'],
  ['do', 'tasks'],
  ['graph', 'tasks', '--graph', 'dot'],
  ['snapshot', 'snapshot', 'kept'],
  ['snapshots', 'snapshots'],
  ['restore', 'restore', '--dry-run', 'kept'],
  ['restore', 'restore', '--no-wait', 'kept'],
  ['snapshot-delete', 'snapshot', '--delete', 'kept'],
  ['snapshot', 'snapshot', 'make', 'other'],
  ['snapshots', 'snapshot', 'ls'],
  ['snapshots', 'snapshot', 'show', 'other'],
  ['snapshot-delete', 'snapshot', 'rm', 'other'],
  ['changes', 'reboot', '--no-wait', '--force'],
  ['changes', 'stop', '--force'],
  ['image-add', 'image', 'commit', 'plain-60', 'json-test'],
  ['changes', 'start', '--no-wait'],
  ['up', 'up', '--dry-run', 'roles', 'plain:2'],
  ['replace', 'replace', '--dry-run', 'plain'],
  ['reap', 'reap'],
  ['wipe-many', 'wipe', '--all', '--dry-run'],
  ['with', 'with', '--', 'true'],
  ['wipe', 'wipe'],
  ['lease', 'lease', 'roles', 'plain:1'],
  ['wipe-many', 'wipe', '--session'],
  ['image-rm', 'image', 'rm', '--dry-run', 'json-test:passed'],
  ['ci-run', 'ci', 'run', 'tree'],
  ['ci-run', 'ci', 'again', '1'],
  ['ci-run', 'ci', 'stop', '2'],
  ['ci-status', 'ci', 'status'],
  ['ci-status', 'ci', 'queue'],
  ['ci-import', 'ci', 'import', 'results.xml'],
  ['ci-tests', 'ci', 'tests'],
  ['ci-page', 'ci', 'page'],
];

/** Those whose output is another program's, or text: for them `--json` changes nothing. */
const WITHOUT = new Set([
  'ci log',
  'ci serve',
  'ci watch',
  'ssh',
  'forward',
  'console',
  'gitlab cleanup',
  'gitlab config',
  'gitlab prepare',
  'gitlab run',
  'runner forgejo',
  'runner gitea',
  'runner github',
  'log',
  'inventory',
  'completion',
  'man',
  'help',
  'version',
  'lab',
  'quickstart',
]);

t.test('there is a step here for every command and every shape', async (t) => {
  const shapes = new Set(STEPS.map(([kind]) => kind));
  t.strictSame(
    Object.keys(SCHEMAS).filter((kind) => !shapes.has(kind as Step[0])),
    ['error', 'event', 'state'],
    'which have their own tests',
  );
  const lines = STEPS.map(([, ...args]) => `${args.join(' ')} `);
  const names = COMMANDS.flatMap(({ command, subcommands }) => {
    const [name = ''] = command.split(' ');
    return subcommands?.map((each) => `${name} ${each.command.split(' ')[0]}`) ?? [name];
  });
  t.strictSame(
    names.filter((name) => !WITHOUT.has(name) && !lines.some((line) => line.startsWith(`${name} `))),
    [],
  );
});

t.test('what each command prints as JSON is what its schema says', { skip: noLab, timeout: 400_000 }, async (t) => {
  const directory = t.testdir({ tree: { file: 'text' }, 'results.xml': RESULTS });
  await writeFile(join(directory, 'json.yaml'), CONFIGURATION);
  t.teardown(() => runVirtbs(directory, 'wipe'));
  for (const [kind, ...args] of STEPS) {
    const words = args.includes(CHECKPOINT) ? await withKey(directory, args) : args;
    await assertShape(t, directory, [kind, ...words]);
  }
});

async function assertShape(t: Test, directory: string, [kind, ...args]: Step): Promise<void> {
  const said = args.join(' ');
  const [options, passed] = args.includes('--')
    ? [args.slice(0, args.indexOf('--')), args.slice(args.indexOf('--'))]
    : [args, []];
  const { code, stdout, stderr } = await runVirtbs(directory, '-c', 'json.yaml', ...options, '--json', ...passed);
  // A check of the host fails where something is amiss with it, and says what all the same.
  if (kind !== 'host-check') t.equal(code, 0, `${said}: ${stderr}`);
  const printed: unknown = stdout === '' ? null : JSON.parse(stdout);
  const { data, error } = SCHEMAS[kind].safeParse(printed);
  t.strictSame(error?.issues ?? [], [], said);
  t.match(printed, { version: 1 }, said);
  t.strictSame(data, printed, `${said}: nothing besides`);
}

/** The words with the key of the checkpoint that there is. */
async function withKey(directory: string, words: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await runVirtbs(directory, 'checkpoint', 'ls', '--json');
  const { checkpoints } = JSON.parse(stdout) as { readonly checkpoints: readonly { readonly key: string }[] };
  return words.map((word) => (word === CHECKPOINT ? (checkpoints[0]?.key ?? '') : word));
}
