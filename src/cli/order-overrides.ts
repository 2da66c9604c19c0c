import type { Override } from '../config/read-override.js';
import type { CommandContext } from './command.js';

const KINDS: Readonly<Record<string, Override['kind']>> = {
  '-e': 'string',
  '--set': 'string',
  '-E': 'literal',
  '--set-literal': 'literal',
  '--setLiteral': 'literal',
};

/**
 * The overrides of a command line in the order given. The parser collects each option for itself, and so loses which of `-e`
 * and `-E` came later; the later one wins. Before them come those of the environment, one on each line of `VIRTBS_SET` and
 * `VIRTBS_SET_LITERAL`.
 */
export function orderOverrides(argv: readonly string[], env: CommandContext['env'] = {}): readonly Override[] {
  const overrides = [...linesOf('string', env['VIRTBS_SET']), ...linesOf('literal', env['VIRTBS_SET_LITERAL'])];
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? '';
    if (word === '--') break;
    const [, option = '', text] = /^(--?[A-Za-z-]+)(?:=(.*))?$/s.exec(word) ?? [];
    const kind = Object.hasOwn(KINDS, option) ? KINDS[option] : undefined;
    if (kind) overrides.push({ kind, text: text ?? argv[++index] ?? '' });
  }
  return overrides;
}

function linesOf(kind: Override['kind'], text = ''): Override[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => ({ kind, text: line }));
}
