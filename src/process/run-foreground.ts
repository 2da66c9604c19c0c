import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { VirtbsError } from '../errors.js';
import { Interruption } from './interruption.js';
import { withCallersUmask } from './own-umask.js';

export interface ForegroundOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Passed on to the program, which may take its time. */
  readonly signal: AbortSignal;
  /** Whether the terminal itself sends Ctrl-C to the program as well as to us. */
  readonly terminal: boolean;
  /** The target of its output: to our stdout, or to our stderr where a result is printed on stdout. */
  readonly output: 'stdout' | 'stderr';
  /** The file descriptor of its input; ours where not given. */
  readonly input?: number;
}

/** The exit code that a shell returns for a program ended by a signal is this plus the number of the signal. */
const ENDED_BY_SIGNAL = 128;

/**
 * Runs a program with our own streams, or another input, until it ends.
 *
 * @returns its exit code as a shell would have it
 * @throws VirtbsError `program-missing`, `program-failed` where it cannot be started, `cancelled` where the signal was raised before
 */
export async function runForeground(
  [program = '', ...args]: readonly string[],
  options: ForegroundOptions,
): Promise<number> {
  const { cwd, env, signal, terminal, output, input = 'inherit' } = options;
  if (signal.aborted) throw new VirtbsError('cancelled', `${program}: interrupted before it was started`);
  const stdout = output === 'stdout' ? 1 : 2;
  const child = withCallersUmask(() => spawn(program, args, { cwd, env, stdio: [input, stdout, 'inherit'] }));
  const pass = (): void => {
    const name = signal.reason instanceof Interruption ? signal.reason.signal : 'SIGTERM';
    if (!(terminal && name === 'SIGINT')) child.kill(name);
  };
  signal.addEventListener('abort', pass);
  try {
    const [code, ending] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    return code ?? ENDED_BY_SIGNAL + (ending === null ? 0 : constants.signals[ending]);
  } catch (error) {
    throw describeFailure(program, error);
  } finally {
    signal.removeEventListener('abort', pass);
  }
}

function describeFailure(program: string, cause: unknown): VirtbsError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'ENOENT') {
    const hint = 'behind -- stands a program and its arguments; for a line of shell: -- sh -c "…"';
    return new VirtbsError('program-missing', `${program}: not found on this machine`, { hint, cause });
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new VirtbsError('program-failed', `${program}: cannot be started: ${reason}`, { cause });
}
