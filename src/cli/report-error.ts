import type { CommandContext } from './command.js';
import { describeError } from './describe-error.js';
import type { MachineOutput } from './machine-output.js';
import { paint } from './render/paint.js';

export interface ReportContext extends Pick<CommandContext, 'stdout' | 'stderr' | 'env' | 'signal'> {
  readonly output: MachineOutput;
  /** True if the result is on stdout already: the error does not follow it there. */
  readonly answered: boolean;
}

/**
 * Prints what went wrong, with the code that scripts go by, and returns the exit code. A bug shows its stack; what a user can cause
 * does not.
 */
export async function reportError(error: unknown, context: ReportContext): Promise<number> {
  const { stdout, stderr, env, signal, output, answered } = context;
  const { exitCode, stack, ...told } = await describeError(error, signal);
  const { code, message, hint } = told.error;
  if (output.json && !answered) stdout.write(`${JSON.stringify(told, null, 2)}\n`);
  if (output.progress) {
    const { jsonLine } = await import('./render/json-reporter.js');
    stderr.write(jsonLine({ type: 'error', ...told.error }));
    return exitCode;
  }
  const lines = [`${paint('red', 'error:', { stream: stderr, env })} ${message}`];
  if (stack !== null) lines.push(stack);
  if (hint !== null) lines.push(`hint: ${hint}`);
  lines.push(`code: ${code}`);
  stderr.write(`${lines.join('\n')}\n`);
  return exitCode;
}
