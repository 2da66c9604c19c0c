import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { packageDirectory } from '../../src/package-directory.js';
import { startScript } from '../bin/run-script.js';
import { run, runVirtbs } from './run-virtbs.js';

async function offered(...words: readonly string[]): Promise<readonly string[]> {
  const { code, stdout, stderr } = await runVirtbs('/', '__complete', '--', ...words);
  if (code !== 0) throw new Error(stderr);
  return stdout
    .split('\n')
    .flatMap((line) => line.split('\t').slice(0, 1))
    .filter(Boolean);
}

t.test('commands, options and their values are offered where they fit', async (t) => {
  t.strictSame(await offered('cyc'), ['cycle']);
  t.strictSame(await offered('-s', '2', 'image', 'bu'), ['build'], 'behind an option with a value');
  t.strictSame(await offered('-s2', 'wip'), ['wipe']);
  t.strictSame(await offered('cycle', '--no'), ['--no-wait'], 'a flag that is on is switched off');
  t.notOk((await offered('wipe', '--')).includes('--no-wait'), 'options of another command are not');
  t.ok((await offered('wipe', '--')).includes('--output-dir'));
  t.strictSame(await offered('completion', ''), ['bash', 'zsh', 'fish']);
  t.strictSame(await offered('help', 'cyc'), ['cycle']);
  t.strictSame(await offered('help', 'image', 'bu'), ['build']);
  t.strictSame(await offered('help', 'image', 'build', ''), [], 'help takes nothing but commands');
  t.strictSame(await offered('--root', '/sr'), [':directory']);
  t.strictSame(await offered('--config=x'), [':file']);
  t.strictSame(await offered('no', 'such', ''), []);
});

t.test('layers, roles and slots of the configuration are offered', async (t) => {
  t.ok((await offered('cycle', '')).includes('roles'));
  t.strictSame(await offered('cycle', 'roles,ubuntu-24'), ['roles,ubuntu-24.04']);
  t.strictSame(await offered('cycle', 'roles', 'con'), ['controller:']);
  t.strictSame(await offered('cycle', 'roles', 'controller:1', 'con'), [], 'a role is asked for once');
  t.strictSame(await offered('plan', 'roles', 'plain:1,wo'), ['plain:1,worker:']);
  t.strictSame(await offered('image', 'build', 'min'), ['mini']);
  const own = ['-E', 'machine_matrix.mine.database.vcpu=2'];
  t.strictSame(await offered(...own, 'cycle', 'roles,mine', 'data'), ['database:'], 'with the options of the line');
});

t.test('where nobody answers, or the configuration is broken, nothing is offered and nothing said', async (t) => {
  for (const words of [
    ['--connect', 'qemu+unix:///system?socket=/nowhere', '--slice', ''],
    ['-c', '/nowhere.yaml', 'cycle', ''],
  ]) {
    t.match(await runVirtbs('/', '__complete', '--', ...words), { code: 0, stdout: '', stderr: '' });
  }
});

/** What a person has typed, and what stands in the line after it. */
const TYPED: readonly (readonly [typed: string, line: string])[] = [
  ['virtbs cyc\t', 'virtbs cycle '],
  ['virtbs -s 2 cycle roles con\t', 'virtbs -s 2 cycle roles controller:'],
  ['virtbs cycle roles controller:1,wor\t', 'virtbs cycle roles controller:1,worker:'],
  ['virtbs cycle roles controller:1 wor\t2', 'virtbs cycle roles controller:1 worker:2'],
  ['virtbs --output-d\t', 'virtbs --output-dir '],
  ['virtbs --root=fold\t', 'virtbs --root=folder/'],
  ['virtbs -c my\t', 'virtbs -c my.yaml '],
];

const SETUP = {
  bash: [
    'bash --norc --noprofile -i',
    `source <(virtbs completion bash); bind 'set bell-style none'; PS1=; bind -x '"\\C-xd": printf "<%s>\\n" "$READLINE_LINE"'`,
  ],
  zsh: [
    'zsh -f -i',
    `autoload -U compinit && compinit -D -u; source <(virtbs completion zsh); PS1=; dump() { print -r -- "<$BUFFER>" }; zle -N dump; bindkey '^Xd' dump; bindkey '^I' complete-word; zle-line-init() { print -r -- EDITOR''NOW }; zle -N zle-line-init`,
  ],
} as const;

for (const shell of ['bash', 'zsh'] as const) {
  t.test(`${shell} completes what is typed in a terminal`, async (t) => {
    const [command, setup] = SETUP[shell];
    if ((await run('/', ['sh', '-c', `command -v ${shell} && command -v script`])).code !== 0) {
      t.pass(shell, { skip: `needs ${shell} and script` });
      return;
    }
    const { cwd, env } = await prepareFolder(t.testdir({ folder: {}, 'my.yaml': '' }));
    for (const [typed, line] of TYPED) {
      const terminal = startScript('script', ['-qec', command, '/dev/null'], { cwd, env });
      terminal.process.stdin?.write(`${setup}; echo READY''NOW\n`);
      // What is typed before the line editor of zsh reads may be lost.
      await terminal.says(shell === 'zsh' ? 'EDITORNOW\r\n' : 'READYNOW\r\n');
      terminal.process.stdin?.write(`${typed}\u0018d`);
      await terminal.says('>\r\n').catch((error: unknown) => t.error(error));
      terminal.process.stdin?.write('\u0003exit\n');
      terminal.process.stdin?.end();
      const { stdout } = await terminal.result;
      t.equal(/<(virtbs[^>]*)>/.exec(stdout)?.[1], line, JSON.stringify(typed));
    }
  });
}

t.test('fish completes as well', async (t) => {
  if ((await run('/', ['sh', '-c', 'command -v fish'])).code !== 0) {
    t.pass('fish', { skip: 'needs fish' });
    return;
  }
  const { cwd, env } = await prepareFolder(t.testdir({ folder: {}, 'my.yaml': '' }));
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  for (const [typed, line] of TYPED) {
    const [text = ''] = typed.split('\t');
    const script = `virtbs completion fish | source; complete -C ${JSON.stringify(text)}`;
    const { stdout, stderr } = await run(cwd, ['env', ...variables, 'fish', '-c', script]);
    const word = line.replace(/2$/, '').trimEnd().split(' ').at(-1) ?? '';
    t.equal(stdout.split('\t')[0], word, `${text}: ${stderr}`);
  }
});

/** A folder with `virtbs` on its PATH, as a person has it. */
async function prepareFolder(cwd: string): Promise<{ readonly cwd: string; readonly env: Record<string, string> }> {
  await symlink(join(await packageDirectory(), 'bin', 'virtbs'), join(cwd, 'virtbs'));
  return { cwd, env: { PATH: `${cwd}:${process.env['PATH'] ?? ''}`, TERM: 'dumb', HOME: cwd, COLUMNS: '200' } };
}
