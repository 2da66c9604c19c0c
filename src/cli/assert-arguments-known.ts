import { unknownWord } from '../config/unknown-word.js';
import { VirtbsError } from '../errors.js';
import type { Command } from './command.js';
import { GLOBAL_OPTIONS } from './global-options.js';

/** Names that the parser itself puts among the arguments. */
const PARSER_NAMES = ['_', '$0', 'help', 'h', 'version'];

export interface ArgumentShape {
  /** How many words name the command: `image build` are two. */
  readonly words: number;
  /** What stands behind `--`. */
  readonly passed: readonly string[];
}

/**
 * Refuses options that the command does not have, wherever on the line they stand, and words too many.
 *
 * @throws VirtbsError `usage` with the nearest right word
 */
export function assertArgumentsKnown(
  command: Command,
  args: Readonly<Record<string, unknown>>,
  { words, passed }: ArgumentShape,
): void {
  const given = Array.isArray(args['_']) ? args['_'].slice(words).map(String) : [];
  const [extra] = command.passes ? given : [...given, ...passed];
  if (extra !== undefined) {
    const name = command.command.split(' ')[0];
    throw new VirtbsError('usage', `unexpected argument ${JSON.stringify(extra)}`, {
      hint: `virtbs ${name} --help shows what there is`,
    });
  }
  const options = { ...GLOBAL_OPTIONS, ...command.options };
  const names = Object.keys(options);
  const aliases = Object.values(options).flatMap((option) => ('alias' in option ? [option.alias] : []));
  const known = new Set([
    ...PARSER_NAMES,
    ...names,
    ...names.map(camelCase),
    ...aliases,
    ...Object.keys(command.positionals ?? {}),
  ]);
  const unknown = Object.keys(args).find((name) => !known.has(name) && args[name] !== undefined);
  if (unknown === undefined) return;
  const word = unknown.length === 1 ? `-${unknown}` : `--${unknown}`;
  throw new VirtbsError(
    'usage',
    unknownWord(
      'unknown option',
      word,
      names.map((name) => `--${name}`),
    ),
    {
      hint: `virtbs ${command.command.split(' ')[0]} --help shows what there is`,
    },
  );
}

function camelCase(name: string): string {
  return name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
