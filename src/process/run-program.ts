import type { ChildProcess } from 'node:child_process';
import { kill } from 'node:process';
import spawn, { SubprocessError } from 'nano-spawn';
import { VirtbsError } from '../errors.js';

export interface RunOptions {
  readonly signal?: AbortSignal;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Text for standard input; nothing is on it otherwise. A function is called when the program first writes to its output. */
  readonly input?: string | (() => string);
  /** Milliseconds after which the program is ended. */
  readonly timeout?: number;
  /** Whether the signal ends what the program has started as well; all of it gets a few seconds to clean up. */
  readonly group?: boolean;
  /** Each line of stdout and stderr as it comes. */
  readonly onLine?: (line: string) => void;
}

const CLEAN_UP_MILLISECONDS = 5000;

/** Lines of a failed program that its error shows. */
const LAST_LINES = 3;

export interface ProgramResult {
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program by its argument list, never through a shell, and waits for its end.
 *
 * @throws VirtbsError `program-missing` where the program is not installed, `program-failed` with the last lines of its
 *   stderr where it ends with anything but 0, `cancelled` where the signal was raised.
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<ProgramResult> {
  const { signal, cwd, env, input, timeout, group = false, onLine } = options;
  const running = spawn(program, [...args], {
    stdin: input === undefined ? 'ignore' : typeof input === 'string' ? { string: input } : 'pipe',
    ...(signal && !group && { signal }),
    ...(group && { detached: true }),
    ...(cwd !== undefined && { cwd }),
    ...(env && { env }),
  });
  using _group = group && signal ? endGroup(running.nodeChildProcess, signal) : undefined;
  using _limit = timeout === undefined ? undefined : endAfter(running.nodeChildProcess, timeout);
  if (typeof input === 'function') void answer(running.nodeChildProcess, input);
  // What is read by the line is not collected for the error.
  const lines: string[] = [];
  try {
    if (onLine) {
      for await (const line of running) {
        lines.push(line);
        if (lines.length > LAST_LINES) lines.shift();
        onLine(line);
      }
    }
    const { stdout, stderr } = await running;
    // A program may end well when it is told to end.
    if (signal?.aborted) throw new Error('the signal was raised');
    return { stdout, stderr };
  } catch (error) {
    throw describeFailure(program, error, { signal, lines });
  }
}

/**
 * Ends a program when the time is over, until disposed. Node's own `timeout` is not disposed of where the program never started, and
 * keeps this process.
 */
function endAfter(starting: Promise<ChildProcess>, milliseconds: number): Disposable {
  const end = async (): Promise<void> => void (await starting.catch(() => undefined))?.kill();
  const timer = setTimeout(() => void end(), milliseconds);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}

/** Ends the process group that a detached program leads when the signal is raised, until disposed. */
function endGroup(starting: Promise<ChildProcess>, signal: AbortSignal): Disposable {
  let timer: NodeJS.Timeout | undefined;
  let ended = false;
  const end = async (): Promise<void> => {
    const pid = await starting.then(
      (child) => child.pid,
      () => undefined,
    );
    if (pid === undefined || ended) return;
    killGroup(pid, 'SIGTERM');
    timer = setTimeout(() => killGroup(pid, 'SIGKILL'), CLEAN_UP_MILLISECONDS);
  };
  const onAbort = () => void end();
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  return {
    [Symbol.dispose]() {
      ended = true;
      signal.removeEventListener('abort', onAbort);
      clearTimeout(timer);
    },
  };
}

/** A group that is gone already needs nothing. */
function killGroup(leader: number, name: 'SIGTERM' | 'SIGKILL'): void {
  try {
    kill(-leader, name);
  } catch {
    // ESRCH
  }
}

function describeFailure(
  program: string,
  error: unknown,
  { signal, lines }: { readonly signal: AbortSignal | undefined; readonly lines: readonly string[] },
): unknown {
  if (signal?.aborted) return new VirtbsError('cancelled', `${program}: interrupted`, { cause: error });
  if (!(error instanceof SubprocessError)) return error;
  if (error.cause instanceof Error && 'code' in error.cause && error.cause.code === 'ENOENT') {
    return new VirtbsError('program-missing', `${program}: not found on this machine`, {
      hint: 'install it, or let bin/quickstart install all that is missing',
      cause: error,
    });
  }
  const ending = error.signalName ? `ended by ${error.signalName}` : `exit code ${error.exitCode ?? 'unknown'}`;
  const words = (error.stderr.trim() || lines.join('\n')).split(/\r?\n/).slice(-LAST_LINES).join('\n');
  return new VirtbsError('program-failed', `${program}: ${ending}${words && `: ${words}`}`, { cause: error });
}

/** Whether the program listens, and ends well, is seen where its end is waited for. */
async function answer(child: Promise<ChildProcess>, input: () => string): Promise<void> {
  const { stdin, stdout } = await child.catch(() => ({ stdin: null, stdout: null }));
  stdin?.on('error', () => undefined);
  stdout?.once('data', () => stdin?.end(input()));
}
