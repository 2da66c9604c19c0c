import { spawn, type ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import { kill } from 'node:process';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { VirtbsError } from '../errors.js';
import { BoundedText } from './bounded-text.js';
import { LineSplitter } from './line-splitter.js';
import { onAbort } from './on-abort.js';
import { environmentWithoutSecrets } from './secret-variables.js';

export type OutputStreamName = 'stdout' | 'stderr';

export interface StreamOptions {
  readonly limits: StreamLimits;
  readonly signal?: AbortSignal | undefined;
  readonly cwd?: string | undefined;
  /** Variables beside our own; undefined takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** The standard input; empty where not given. A function is called when the program first writes to its output. */
  readonly input?: string | Readable | (() => string) | undefined;
  /** Milliseconds after which the program is ended. */
  readonly deadline?: number | undefined;
  /** Whether ending it also ends what it has started. */
  readonly group?: boolean | undefined;
  /** Called with the number of the process once it is started. */
  readonly onStart?: ((pid: number) => void) | undefined;
  /** Each line as it comes. The program is not read from while a promise that it returns is pending. */
  readonly onLine?: ((line: string, stream: OutputStreamName) => void | PromiseLike<void>) | undefined;
}

/** The most that is ever held in memory of what a program prints. */
export interface StreamLimits {
  /** Bytes of each stream that the result has; see `BoundedText`. */
  readonly kept: number;
  /** Characters of a line; a longer one is given in pieces. */
  readonly line: number;
  /** Bytes of both streams after which the program is ended; it may print for ever where not given. */
  readonly printed?: number | undefined;
}

export interface StreamedProgram {
  /** The exit code as a shell has it: 128 plus the number of the signal where a signal ended it. */
  readonly exitCode: number;
  readonly signalName: NodeJS.Signals | null;
  /** The reason why it was ended by us: its time was over, or it printed more than it may; null where it ended by itself. */
  readonly cut: 'deadline' | 'printed' | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Bytes that are left out of each. */
  readonly omitted: Readonly<Record<OutputStreamName, number>>;
}

/** Milliseconds that a program has to clean up when it is told to end. */
const CLEAN_UP = 5000;
/** Milliseconds after which nobody is left whom SIGKILL has reached. */
const FAREWELL = 1000;
/** The exit code that a shell returns for a program ended by a signal is this plus the number of the signal. */
const ENDED_BY_SIGNAL = 128;

/**
 * Runs a program by its argument list, never through a shell, and reads what it prints within limits. A program that fails is a
 * result like any other.
 *
 * @throws VirtbsError `program-missing` where it is not installed, `cancelled` where the signal was raised
 */
export async function streamProgram(
  program: string,
  args: readonly string[],
  options: StreamOptions,
): Promise<StreamedProgram> {
  const { signal, cwd, env, input, deadline, group = false, limits, onLine } = options;
  const cancelled = (cause?: unknown) => new VirtbsError('cancelled', `${program}: interrupted`, { cause });
  if (signal?.aborted) throw cancelled(signal.reason);
  const child = spawn(program, [...args], {
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    detached: group,
    ...(cwd !== undefined && { cwd }),
    env: { ...environmentWithoutSecrets(), ...env },
  });
  if (child.pid !== undefined) options.onStart?.(child.pid);
  using ending = new Ending(child, group);
  using _abort = signal && onAbort(signal, () => ending.begin());
  let cut: StreamedProgram['cut'] = null;
  const cutBy = (reason: 'deadline' | 'printed'): void => {
    cut ??= reason;
    ending.begin();
  };
  const timer = deadline === undefined ? undefined : setTimeout(() => cutBy('deadline'), deadline);
  const texts = { stdout: new BoundedText(limits.kept), stderr: new BoundedText(limits.kept) };
  let printed = 0;
  const answer = feed(child, input);
  const read = async (name: OutputStreamName): Promise<void> => {
    const splitter = new LineSplitter(limits.line);
    const pass = async (lines: readonly string[]): Promise<void> => {
      for (const line of lines) {
        if (ending.begun) return;
        const wait = onLine?.(line, name);
        if (wait) await wait;
      }
    };
    try {
      for await (const chunk of child[name] as AsyncIterable<Buffer>) {
        if (name === 'stdout') answer.begin();
        printed += chunk.length;
        if (cut !== 'printed') texts[name].add(chunk);
        if (printed > (limits.printed ?? Number.POSITIVE_INFINITY)) cutBy('printed');
        if (onLine) await pass(splitter.push(chunk));
      }
      if (onLine) await pass(splitter.end());
    } catch (error) {
      // Our ends of the pipes are closed for one that does not end.
      if (!ending.begun) throw error;
    }
  };
  const works = [read('stdout'), read('stderr'), answer.done];
  // A listener that throws, or input that cannot be read, is no reason to leave the program behind.
  for (const work of works) work.catch(() => ending.begin());
  try {
    const { code, signalName } = await untilClosed(child, program);
    const results = await Promise.allSettled(works);
    if (signal?.aborted) throw cancelled(signal.reason);
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    return {
      exitCode: code ?? ENDED_BY_SIGNAL + (signalName === null ? 0 : constants.signals[signalName]),
      signalName,
      cut,
      stdout: texts.stdout.toString(),
      stderr: texts.stderr.toString(),
      omitted: { stdout: texts.stdout.omitted, stderr: texts.stderr.omitted },
    };
  } finally {
    clearTimeout(timer);
  }
}

/** The way to end a program: it is asked first, then killed, and its pipes are closed on our side. */
class Ending {
  begun = false;
  readonly #child: ChildProcess;
  readonly #group: boolean;
  #timer: NodeJS.Timeout | undefined;

  constructor(child: ChildProcess, group: boolean) {
    this.#child = child;
    this.#group = group;
  }

  begin(): void {
    if (this.begun) return;
    this.begun = true;
    this.#send('SIGTERM');
    this.#timer = setTimeout(() => {
      this.#send('SIGKILL');
      this.#timer = setTimeout(() => this.#close(), FAREWELL);
    }, CLEAN_UP);
  }

  /** Closes the pipes: programs that the program started may hold them open. */
  #close(): void {
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
  }

  #send(name: 'SIGTERM' | 'SIGKILL'): void {
    const { pid } = this.#child;
    if (!this.#group || pid === undefined) {
      this.#child.kill(name);
      return;
    }
    try {
      kill(-pid, name);
    } catch {
      // ESRCH: all of the group is gone already
    }
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}

interface Closed {
  readonly code: number | null;
  readonly signalName: NodeJS.Signals | null;
}

async function untilClosed(child: ChildProcess, program: string): Promise<Closed> {
  return await new Promise((resolve, reject) => {
    child.once('error', (error) => {
      // One that cannot be signalled is there all the same.
      if (child.pid === undefined) reject(describeStart(program, error));
    });
    child.once('close', (code, signalName) => resolve({ code, signalName }));
  });
}

function describeStart(program: string, cause: Error): VirtbsError {
  if (!('code' in cause && cause.code === 'ENOENT')) {
    return new VirtbsError('program-failed', `${program}: cannot be started: ${cause.message}`, { cause });
  }
  return new VirtbsError('program-missing', `${program}: not found on this machine`, {
    hint: 'install it, or let `virtbs quickstart` install all that is missing',
    cause,
  });
}

interface Feeding {
  /** Called at the first output. */
  readonly begin: () => void;
  /** Whether the program listens, and ends well, is seen where its end is waited for. */
  readonly done: Promise<void>;
}

function feed({ stdin }: ChildProcess, input: StreamOptions['input']): Feeding {
  const nothing = { begin: () => undefined, done: Promise.resolve() };
  if (!stdin || input === undefined) return nothing;
  stdin.on('error', () => undefined);
  if (typeof input === 'string') stdin.end(input);
  else if (typeof input !== 'function') return { ...nothing, done: pipeline(input, stdin).catch(ignoreClosedPipe) };
  else {
    let begun = false;
    const begin = (): void => {
      if (!begun) stdin.end(input());
      begun = true;
    };
    return { ...nothing, begin };
  }
  return nothing;
}

function ignoreClosedPipe(error: unknown): void {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EPIPE' || code === 'ERR_STREAM_PREMATURE_CLOSE') return;
  throw error;
}
