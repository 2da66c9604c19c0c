import type { Options } from 'yargs';
import { VirtbsError } from '../errors.js';
import type { Command } from './command.js';
import { GLOBAL_OPTIONS } from './global-options.js';
import { parseFlag } from './parse-flag.js';

/**
 * Returns the words of a line with the values of flags as the parser takes them: it takes every other word than `true` for a no,
 * so that `--dry-run=yes` would destroy.
 *
 * @throws VirtbsError `usage` for a value that is neither yes nor no
 */
export function spellFlags(words: readonly string[], commands: readonly Command[]): readonly string[] {
  const flags = new Set(flagsOf(GLOBAL_OPTIONS, commands));
  return words.map((word) => {
    const [, flag, text] = /^(--?[A-Za-z-]+)=(.*)$/s.exec(word) ?? [];
    if (flag === undefined || text === undefined || !flags.has(flag)) return word;
    const value = parseFlag(text);
    if (value !== null) return `${flag}=${value}`;
    throw new VirtbsError('usage', `${flag}: ${JSON.stringify(text)} is neither true nor false`, {
      hint: `write ${flag} alone, or leave it out`,
    });
  });
}

/** Both spellings of every flag, as they stand on a line. */
function flagsOf(options: Readonly<Record<string, Options>>, commands: readonly Command[]): readonly string[] {
  const own = Object.entries(options).flatMap(([name, { type, alias = [] }]) =>
    type === 'boolean' ? [`--${name}`, ...[alias].flat().map((letter) => `-${letter}`)] : [],
  );
  return [...own, ...commands.flatMap(({ options: its = {}, subcommands = [] }) => flagsOf(its, subcommands))];
}
