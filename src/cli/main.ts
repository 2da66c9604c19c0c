import { packageDirectory } from '../package-directory.js';
import { Interruption } from '../process/interruption.js';
import type { CommandContext } from './command.js';
import { reportError } from './report-error.js';
import { runCommandLine } from './run-command-line.js';

/** Exit code of a command that was interrupted. */
const INTERRUPTED = 130;

/** Runs one command line; the only place that touches the process. Never throws. */
export async function main(argv: readonly string[]): Promise<number> {
  const interrupt = new AbortController();
  let expected = false;
  const onSignal = (name: NodeJS.Signals): void => {
    if (interrupt.signal.aborted) process.exit(INTERRUPTED);
    interrupt.abort(new Interruption(name));
    if (!expected) process.stderr.write('interrupted, stopping (once more to stop at once)\n');
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  const context: CommandContext = {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    cwd: process.cwd(),
    env: process.env,
    signal: interrupt.signal,
    expectInterrupt: () => {
      expected = true;
    },
    packageDirectory: await packageDirectory(),
    started: 0,
  };
  try {
    return await runCommandLine(argv, context);
  } catch (error) {
    return reportError(error, context);
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}
