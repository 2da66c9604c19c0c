import { variableName } from './environment-defaults.js';
import { parseFlag } from './parse-flag.js';

/** The output that a program asked for. */
export interface MachineOutput {
  /** The result, or the error, as one JSON object on stdout. */
  readonly json: boolean;
  /** Events, and the error, as JSON lines on stderr. */
  readonly progress: boolean;
}

/**
 * Reads from the words of a command line and the environment which output is asked for. It does not parse them, so that an
 * error of the parser is shown in the same form as any other.
 */
export function machineOutput(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): MachineOutput {
  const end = argv.indexOf('--');
  const words = end < 0 ? argv : argv.slice(0, end);
  const progress = words.findLastIndex((word) => word === '--progress' || word.startsWith('--progress='));
  const asked = progress < 0 ? env[variableName('progress')] : (words[progress]?.split('=')[1] ?? words[progress + 1]);
  return { json: asksForJson(words, env[variableName('json')]), progress: asked === 'json' };
}

function asksForJson(words: readonly string[], variable = ''): boolean {
  const last = words.findLast((word) => /^--(?:no-)?json(?:=|$)/.test(word));
  if (last === undefined) return parseFlag(variable) === true;
  return last === '--json' || parseFlag(last.replace('--json=', '')) === true;
}
