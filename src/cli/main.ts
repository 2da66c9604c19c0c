import { setMaxListeners } from 'node:events';
import { getSystemErrorMap } from 'node:util';
import { hintOf } from '../error-kinds.js';
import { VirtbsError } from '../errors.js';
import { packageDirectory } from '../package-directory.js';
import { Interruption } from '../process/interruption.js';
import { setOwnUmask } from '../process/own-umask.js';
import type { CommandContext } from './command.js';
import { guardStream } from './guard-stream.js';
import { leaveLostTerminals } from './leave-lost-terminals.js';
import { machineOutput } from './machine-output.js';
import { reportError } from './report-error.js';
import { runCommandLine } from './run-command-line.js';

/** Exit code of a command that was interrupted. */
const INTERRUPTED = 130;

/** Exit code of a command that was cut short because nobody reads on: what a shell says of a program that SIGPIPE ended. */
const READER_GONE = 141;

/** Error codes of a write that nobody reads any more: a pipe without a reader, a terminal that was closed. */
const GONE: ReadonlySet<unknown> = new Set(['EPIPE', 'ECONNRESET', 'EIO']);

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs one command line; the only place that touches the process. Never throws. */
export async function main(argv: readonly string[]): Promise<number> {
  setOwnUmask();
  const output = machineOutput(argv, process.env);
  const interrupt = new AbortController();
  // As many VMs as there are listen to it.
  setMaxListeners(0, interrupt.signal);
  const watches: Disposable[] = [];
  let expected = false;
  let left = false;
  let shows = false;
  const onFailure = (error: Error): void => {
    if (shows) interrupt.abort(error);
  };
  const stdout = guardStream(process.stdout, onFailure);
  const stderr = guardStream(process.stderr);
  const seen = new Set<NodeJS.Signals>();
  const onSignal = (name: NodeJS.Signals): void => {
    if (left && name === 'SIGINT') return;
    // Twice is somebody's will; but a terminal that is closed sends SIGHUP as often as there are shells in it.
    if (seen.has(name) && name !== 'SIGHUP') process.exit(INTERRUPTED);
    seen.add(name);
    if (interrupt.signal.aborted) return;
    interrupt.abort(new Interruption(name));
    if (!expected && !output.progress) stderr.stream.write('interrupted, stopping (once more to stop at once)\n');
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  using _terminals = leaveLostTerminals();
  const context: CommandContext = {
    stdin: process.stdin,
    stdout: stdout.stream,
    stderr: stderr.stream,
    cwd: process.cwd(),
    env: process.env,
    signal: interrupt.signal,
    expectInterrupt: () => {
      expected = true;
    },
    leaveInterrupts: () => {
      left = true;
    },
    async endWithReader() {
      shows = true;
      if (stdout.failure) return onFailure(stdout.failure);
      const { watchReader } = await import('../process/watch-reader.js');
      watches.push(await watchReader(process.stdout.fd, stdout.lose));
    },
    async endWithParent() {
      const { watchParent } = await import('../process/watch-parent.js');
      const onGone = (): void => onSignal('SIGHUP');
      watches.push(watchParent(onGone, () => process.ppid));
    },
    packageDirectory: await packageDirectory(),
    started: 0,
  };
  const answer = await settle(runCommandLine(argv, context));
  for (const watch of watches) watch[Symbol.dispose]();
  await stdout.settle();
  for (const name of SIGNALS) process.off(name, onSignal);
  const { failure } = stdout;
  if (failure !== null && shows && isGone(failure)) return READER_GONE;
  const unwritten = failure !== null && !isGone(failure) ? outputError(failure) : null;
  if ('code' in answer && unwritten === null) return answer.code;
  // What was stopped because its output cannot be written has that reason alone.
  const stopped = failure !== null && interrupt.signal.reason === failure;
  const error = 'error' in answer && !stopped ? answer.error : unwritten;
  return await reportError(error, { ...context, output, answered: stdout.used });
}

type Answer = { readonly code: number } | { readonly error: unknown };

async function settle(work: Promise<number>): Promise<Answer> {
  try {
    return { code: await work };
  } catch (error) {
    return { error };
  }
}

function isGone(failure: Error): boolean {
  return 'code' in failure && GONE.has(failure.code);
}

function outputError(cause: Error): VirtbsError {
  const [, words] = ('errno' in cause && getSystemErrorMap().get(Number(cause.errno))) || [];
  return new VirtbsError('output-failed', `cannot write the result: ${words ?? cause.message}`, {
    hint: hintOf('output-failed'),
    cause,
  });
}
