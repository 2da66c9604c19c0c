import { VirtbsError } from '../errors.js';
import { runProgram } from '../process/run-program.js';
import type { Guest } from './guest.js';

export interface ForGuestOptions {
  readonly args: readonly string[];
  /** What to do where the program fails. */
  readonly hint: string;
  readonly signal: AbortSignal;
}

/** Runs a program of this machine that works on a guest. @throws VirtbsError `vm-failed` where it fails; what else `runProgram` throws */
export async function runForGuest(
  program: string,
  { hostname }: Guest,
  { args, hint, signal }: ForGuestOptions,
): Promise<void> {
  try {
    await runProgram(program, args, { signal });
  } catch (error) {
    if (!(error instanceof VirtbsError) || error.code !== 'program-failed') throw error;
    throw new VirtbsError('vm-failed', `${hostname}: ${error.message}`, { hint, cause: error });
  }
}
