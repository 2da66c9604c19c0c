import { env } from 'node:process';
import { Readable } from 'node:stream';
import type { CommandContext } from '../../src/cli/command.js';
import { machineOutput } from '../../src/cli/machine-output.js';
import { reportError } from '../../src/cli/report-error.js';
import { runCommandLine } from '../../src/cli/run-command-line.js';
import { packageDirectory } from '../../src/package-directory.js';
import type { Ending } from '../e2e/run-virtbs.js';

interface Surroundings {
  readonly cwd?: string;
  /** Added to our own environment. */
  readonly variables?: Readonly<Record<string, string>>;
}

/**
 * Runs a command line in this process, and gives what it wrote, without the last line end. `runVirtbs` shows what only a process
 * of its own shows: help, the version, signals, pipes that close, and which code is loaded.
 */
export async function runLine(
  args: readonly string[],
  { cwd = '/', variables = {} }: Surroundings = {},
): Promise<Ending> {
  const stdout: string[] = [];
  const stderr: string[] = [];
  const context: CommandContext = {
    stdin: Readable.from([]),
    stdout: { write: (text) => void stdout.push(String(text)) },
    stderr: { write: (text) => void stderr.push(String(text)) },
    cwd,
    env: { ...env, ...variables },
    signal: new AbortController().signal,
    expectInterrupt: () => undefined,
    leaveInterrupts: () => undefined,
    endWithReader: async () => undefined,
    endWithParent: async () => undefined,
    packageDirectory: await packageDirectory(),
    started: performance.now(),
  };
  const report = (error: unknown): Promise<number> =>
    reportError(error, { ...context, output: machineOutput(args, context.env), answered: stdout.length > 0 });
  const code = await runCommandLine(args, context).catch(report);
  const text = (parts: readonly string[]): string => parts.join('').replace(/\n$/, '');
  return { code, stdout: text(stdout), stderr: text(stderr) };
}
