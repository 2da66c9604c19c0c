import { unknownWord } from '../text/unknown-word.js';
import { VirtbsError } from '../errors.js';
import { camelCase } from './camel-case.js';
import type { Command } from './command.js';
import { GLOBAL_OPTIONS } from './global-options.js';
import type { ParsedLine } from './read-arguments.js';

/** Names that the parser itself puts among the arguments. */
const PARSER_NAMES = ['_', '$0', 'help', 'h', 'version'];

export interface ArgumentShape {
  /** The words that name the command: `image build`. */
  readonly path: readonly string[];
  /** The words behind `--`. */
  readonly passed: readonly string[];
}

/**
 * Refuses options that the command does not have, wherever on the line they stand, and words too many.
 *
 * @throws VirtbsError `usage` with the nearest right word
 */
export function assertArgumentsKnown(command: Command, parsed: ParsedLine, { path, passed }: ArgumentShape): void {
  const given = Array.isArray(parsed['_']) ? parsed['_'].slice(path.length).map(String) : [];
  const [extra] = command.passes ? given : [...given, ...passed];
  if (extra !== undefined) {
    throw new VirtbsError('usage', `unexpected argument ${JSON.stringify(extra)}`, {
      hint: `virtbs ${path.join(' ')} --help shows what there is`,
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
  const unknown = Object.keys(parsed).find((name) => !known.has(name) && parsed[name] !== undefined);
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
      hint: `virtbs ${path.join(' ')} --help shows what there is`,
    },
  );
}
