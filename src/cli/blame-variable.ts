import type { Options } from 'yargs';
import { VirtbsError } from '../errors.js';
import { variableName } from './environment-defaults.js';
import { GLOBAL_OPTIONS } from './global-options.js';

/**
 * Returns an error about an option's value, which names the option in front; where the value came from the environment, the name
 * of its variable stands there instead. Any other error is returned as it is.
 */
export function blameVariable(
  error: unknown,
  line: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): unknown {
  if (!(error instanceof VirtbsError) || error.code !== 'usage') return error;
  const [, name] = /^--([a-z-]+)(?![\w-])/.exec(error.message) ?? [];
  if (name === undefined || isOnLine(name, line)) return error;
  const variable = variableName(name);
  if ((env[variable] ?? '') === '') return error;
  const { hint, cause } = error;
  const message = `${variable}${error.message.slice(name.length + 2)}`;
  return new VirtbsError('usage', message, { ...(hint !== undefined && { hint }), cause });
}

function isOnLine(name: string, line: readonly string[]): boolean {
  const options: Readonly<Record<string, Options>> = GLOBAL_OPTIONS;
  const alias = options[name]?.alias;
  return line.some(
    (word) =>
      word === `--${name}` ||
      word.startsWith(`--${name}=`) ||
      (typeof alias === 'string' && word.startsWith(`-${alias}`)),
  );
}
