import type { Override } from './command.js';

const KINDS: Readonly<Record<string, Override['kind']>> = {
  '-e': 'string',
  '--set': 'string',
  '-E': 'literal',
  '--set-literal': 'literal',
  '--setLiteral': 'literal',
};

/**
 * The overrides of a command line in the order given. The parser collects each option for itself, and so loses which of `-e`
 * and `-E` came later; the later one wins.
 */
export function orderOverrides(argv: readonly string[]): readonly Override[] {
  const overrides: Override[] = [];
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? '';
    if (word === '--') break;
    const [, option = '', text] = /^(--?[A-Za-z-]+)(?:=(.*))?$/s.exec(word) ?? [];
    const kind = Object.hasOwn(KINDS, option) ? KINDS[option] : undefined;
    if (kind) overrides.push({ kind, text: text ?? argv[++index] ?? '' });
  }
  return overrides;
}
