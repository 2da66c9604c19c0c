import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { VirtbsError } from '../errors.js';
import { withCallersUmask } from './own-umask.js';

/**
 * Runs a program in our place: with our standard streams, terminal included, to its end.
 *
 * @returns its exit code; 128 and the signal's number where a signal ended it
 * @throws VirtbsError `program-missing` where the program is not installed
 */
export async function runInteractive(program: string, args: readonly string[]): Promise<number> {
  const child = withCallersUmask(() => spawn(program, args, { stdio: 'inherit' }));
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    throw new VirtbsError('program-missing', `${program}: not found on this machine`, {
      hint: 'install it, or let `virtbs quickstart` install all that is missing',
      cause: error,
    });
  }
}
