import { styleText } from 'node:util';
import { VirtbsError } from '../errors.js';
import type { CommandContext } from './command.js';

const BUG_EXIT_CODE = 1;
const INTERRUPTED = 130;

/** Prints what went wrong and returns the exit code. A bug shows its stack; what a user can cause does not. */
export function reportError(error: unknown, { stderr, env, signal }: CommandContext): number {
  const colors = stderr.isTTY === true && !env['NO_COLOR'];
  const word = colors ? styleText('red', 'error:', { validateStream: false }) : 'error:';
  if (error instanceof VirtbsError) {
    stderr.write(`${word} ${error.message}\n`);
    if (error.hint !== undefined) stderr.write(`hint: ${error.hint}\n`);
    return error.exitCode;
  }
  if (signal.aborted) {
    stderr.write(`${word} interrupted\n`);
    return INTERRUPTED;
  }
  stderr.write(
    `${word} this is a bug in virtbs\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  return BUG_EXIT_CODE;
}
