import spawn, { SubprocessError } from 'nano-spawn';
import { constants } from 'node:os';
import { VirtbsError } from '../errors.js';

export interface ByLineOptions {
  readonly signal: AbortSignal;
  /** Each line of stdout or stderr as it comes. */
  readonly onLine: (line: string, stream: 'stdout' | 'stderr') => void;
}

/**
 * Runs a program by its argument list without standard input, and gives what it says by the line.
 *
 * @returns its exit code; 128 and the signal's number where a signal ended it
 * @throws VirtbsError `program-missing`, `cancelled`
 */
export async function runByLine(
  program: string,
  args: readonly string[],
  { signal, onLine }: ByLineOptions,
): Promise<number> {
  const running = spawn(program, [...args], { stdin: 'ignore', signal });
  const read = async (stream: 'stdout' | 'stderr'): Promise<void> => {
    for await (const line of running[stream]) onLine(line, stream);
  };
  const [, , ended] = await Promise.allSettled([read('stdout'), read('stderr'), running]);
  if (signal.aborted) throw new VirtbsError('cancelled', `${program}: interrupted`);
  if (ended.status === 'fulfilled') return 0;
  const error: unknown = ended.reason;
  if (!(error instanceof SubprocessError)) throw error;
  if (error.cause instanceof Error && 'code' in error.cause && error.cause.code === 'ENOENT') {
    throw new VirtbsError('program-missing', `${program}: not found on this machine`, { cause: error });
  }
  const killedBy = error.signalName as NodeJS.Signals | undefined;
  return error.exitCode ?? 128 + (killedBy === undefined ? 0 : constants.signals[killedBy]);
}
