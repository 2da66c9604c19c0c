import { VirtbsError } from '../errors.js';
import type { CommandContext } from './command.js';
import { paint } from './render/paint.js';

const BUG_EXIT_CODE = 1;
const INTERRUPTED = 130;

/** Prints what went wrong and returns the exit code. A bug shows its stack; what a user can cause does not. */
export function reportError(error: unknown, { stderr, env, signal }: CommandContext): number {
  const word = paint('red', 'error:', { stream: stderr, env });
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
