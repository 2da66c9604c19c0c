import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import ts from 'typescript';
import type { Command } from '../../src/cli/command.js';
import { COMMANDS } from '../../src/cli/commands.js';
import { GLOBAL_OPTIONS } from '../../src/cli/global-options.js';
import { packageDirectory } from '../../src/package-directory.js';
import { nearestWord } from '../../src/text/nearest-word.js';
import { runLine } from './run-line.js';

/** What stands behind our name in sentences and is near to the name of a command. */
const PROSE = new Set(['runs']);

/** Names of commands in groups, which are none of their own. */
const INNER = new Set(
  COMMANDS.flatMap(({ subcommands = [] }) => subcommands.map(({ command }) => command.split(' ')[0])),
);

/** What virsh does that we do, too. */
const OURS = /virsh (?:-\S+ \S+ )?(?:start|shutdown|destroy|reboot|console|suspend|resume|list|snapshot-\w+)\b/;

interface Text {
  readonly place: string;
  readonly text: string;
}

/** What the source tells people to do: hints, cures, and the cures of what is found on a host. */
async function hints(): Promise<readonly Text[]> {
  const root = join(await packageDirectory(), 'src');
  const files = (await readdir(root, { recursive: true })).filter((name) => name.endsWith('.ts'));
  const found = await Promise.all(
    files.map(async (name) => {
      const source = ts.createSourceFile(name, await readFile(join(root, name), 'utf8'), ts.ScriptTarget.Latest, true);
      return textsIn(source).map((text) => ({ place: name, text }));
    }),
  );
  return found.flat();
}

/** Every text of a file; `…` stands for what is put into a template. */
function textsIn(node: ts.Node): readonly string[] {
  if (ts.isStringLiteralLike(node)) return [node.text];
  const own = ts.isTemplateExpression(node)
    ? [[node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join('…')]
    : [];
  return [...own, ...node.getChildren().flatMap(textsIn)];
}

/** The lines of ours that a text names, without options of all commands in front. */
function linesIn(text: string): readonly string[] {
  return Array.from(
    text.matchAll(/\bvirtbs ((?:-[a-zA-Z] \S+ |--[a-z-]+ )*)([a-z][\w-]*)([^`;,:()]*)/g),
    ([, , name = '', rest = '']) => `${name}${rest}`,
  );
}

function find(name: string | undefined, commands: readonly Command[]): Command | undefined {
  return commands.find(({ command }) => command.split(' ')[0] === name);
}

/** Tells a command that does not exist from the verb of a sentence about us. */
function isMeantAsCommand([word = '', next = '']: readonly string[]): boolean {
  if (PROSE.has(word)) return false;
  const names = COMMANDS.flatMap(({ command }) => command.split(' ')[0] ?? []);
  return INNER.has(word) || next.startsWith('-') || (word.length > 3 && nearestWord(word, names) !== undefined);
}

/** What is wrong with a line that a text names; null where it can be typed. */
function problemOf(line: string): string | null {
  const words = line.trim().split(/\s+/);
  const command = find(words[0], COMMANDS);
  if (!command) return isMeantAsCommand(words) ? `no command "${words[0]}"` : null;
  const inner = command.subcommands && find(words[1], command.subcommands);
  if (command.subcommands && !inner && words[1] !== '--help' && words[1] !== undefined)
    return `no "${words[1]}" in ${words[0]}`;
  const known = new Set(['help', ...Object.keys(GLOBAL_OPTIONS), ...Object.keys((inner ?? command).options ?? {})]);
  const strange = words.find((word) => /^--[a-z]/.test(word) && !known.has(word.slice(2)));
  return strange === undefined ? null : `no option "${strange}"`;
}

t.test('every command that a text of ours names can be typed', async (t) => {
  const texts = await hints();
  const lines = texts.flatMap(({ place, text }) => linesIn(text).map((line) => ({ place, line })));
  t.ok(lines.length > 60, `${lines.length} lines are found`);
  const wrong = lines.flatMap(({ place, line }) => {
    const problem = problemOf(line);
    return problem === null ? [] : [`${place}: ${line}: ${problem}`];
  });
  t.strictSame(wrong, []);
  t.equal(problemOf('check --help'), 'no command "check"', 'a wrong one would be seen');
  t.equal(problemOf('rm --help'), 'no command "rm"');
  t.equal(problemOf('cylce roles plain'), 'no command "cylce"');
  t.equal(problemOf('snapshot rm --delet x'), 'no option "--delet"');
});

t.test('no text sends people to virsh for what virtbs does', async (t) => {
  const wrong = (await hints()).filter(({ text }) => OURS.test(text));
  t.strictSame(
    wrong.filter(({ place }) => !place.startsWith('libvirt/')),
    [],
  );
});

t.test('the hint of a wrong option or argument names the whole command', async (t) => {
  const paths = (commands: readonly Command[], above: readonly string[] = []): readonly (readonly string[])[] =>
    commands.flatMap(({ command, subcommands }) => {
      const path = [...above, command.split(' ')[0] ?? ''];
      return subcommands ? paths(subcommands, path) : [path];
    });
  for (const path of paths(COMMANDS)) {
    const { stderr } = await runLine([...path, 'a', 'b', '--nonsense']);
    if (!stderr.includes('--nonsense')) continue; // words are missing first
    t.match(stderr, `hint: virtbs ${path.join(' ')} --help shows`, path.join(' '));
  }
  t.match(await runLine(['checkpoint', 'rm', '--nonsense']), { code: 2, stderr: /hint: virtbs checkpoint rm --help/ });
  t.match(await runLine(['host', 'check', 'all']), { code: 2, stderr: /hint: virtbs host check --help/ });
});
