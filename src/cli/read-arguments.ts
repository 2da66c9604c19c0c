import { VirtbsError } from '../errors.js';
import type { CommandOption, OptionTable } from './argument-types.js';
import { camelCase } from './camel-case.js';

/** The values that the parser found, keyed by name; their types are unknown. */
export type ParsedLine = Readonly<Record<string, unknown>>;

/**
 * Reads options as what they are declared to be: flags, texts, lists of texts.
 *
 * @returns the values by their names in camel case
 * @throws VirtbsError `usage` for an option with one value that is given twice, or negated
 */
export function readOptions(options: OptionTable, parsed: ParsedLine): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(options).map(([name, option]) => [camelCase(name), readOption(name, option, parsed[name])]),
  );
}

/**
 * Reads positional arguments: a list where the line has `..` behind a name, else a text or nothing.
 *
 * @throws VirtbsError `usage` as for options: the parser takes `--NAME` for them, too
 */
export function readPositionals(line: string, parsed: ParsedLine): Record<string, unknown> {
  const words = line.matchAll(/[<[]([^>\].]+)(\.\.)?[>\]]/g);
  return Object.fromEntries(
    Array.from(words, ([, name = '', many]) => [name, (many === undefined ? readText : readList)(name, parsed[name])]),
  );
}

function readOption(name: string, { type, array, nargs, negatable }: CommandOption, value: unknown): unknown {
  if (negatable === true && (value === false || (Array.isArray(value) && value.length === 1 && value[0] === false))) {
    return false;
  }
  if (type === 'boolean') return value === true;
  if (array === true && nargs === undefined && value === undefined) return undefined;
  return (array === true ? readList : readText)(name, value);
}

function readText(name: string, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  if (!Array.isArray(value)) throw notNegatable(name);
  throw new VirtbsError('usage', `--${name} is given ${value.length} times`, { hint: 'give it once' });
}

function readList(name: string, value: unknown): readonly string[] {
  if (value === undefined) return [];
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.includes(false)) throw notNegatable(name);
  return list.map(String);
}

function notNegatable(name: string): VirtbsError {
  return new VirtbsError('usage', `unknown option "--no-${name}"`);
}
