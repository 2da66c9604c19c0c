import type { Options } from 'yargs';
import { VirtbsError } from '../errors.js';
import { parseFlag } from './parse-flag.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Options that are read by their order on the line, not by their names: see `orderOverrides`. */
const ORDERED = new Set(['set', 'set-literal']);

/** The variable that an option is read from where the line does not have it: `VIRTBS_OUTPUT_DIR`. */
export function variableName(option: string): string {
  return `VIRTBS_${option.toUpperCase().replaceAll('-', '_')}`;
}

/**
 * The options with their defaults taken from the environment. A list is separated by colons, as a PATH is; a variable that is
 * empty counts as unset.
 *
 * @throws VirtbsError `usage` for a flag that is neither true nor false
 */
export function environmentDefaults(
  options: Readonly<Record<string, Options>>,
  env: Environment,
): Record<string, Options> {
  return Object.fromEntries(
    Object.entries(options).map(([name, option]) => {
      const variable = variableName(name);
      const text = env[variable];
      if (text === undefined || text === '' || ORDERED.has(name)) return [name, option];
      const value = readVariable(variable, text, option);
      return [name, { ...option, default: value, defaultDescription: `${text}, from ${variable}` }];
    }),
  );
}

function readVariable(variable: string, text: string, { type, array, choices }: Options): unknown {
  if (type === 'boolean') return readFlag(variable, text);
  if (choices && !choices.includes(text)) {
    throw new VirtbsError('usage', `${variable}: ${JSON.stringify(text)} is not one of ${choices.join(', ')}`);
  }
  return array === true ? text.split(':').filter((part) => part !== '') : text;
}

function readFlag(variable: string, text: string): boolean {
  const value = parseFlag(text);
  if (value !== null) return value;
  throw new VirtbsError('usage', `${variable}: ${JSON.stringify(text)} is neither true nor false`, {
    hint: `write ${variable}=1 or ${variable}=0, or unset it`,
  });
}
