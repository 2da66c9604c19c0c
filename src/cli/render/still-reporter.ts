import type { GlobalArguments, CommandContext, Reporter } from '../command.js';
import { createJsonReporter } from './json-reporter.js';
import { createLineReporter, reportLevel } from './line-reporter.js';

/** Draws nothing: plain lines, or JSON lines where asked for. */
export function createStillReporter(
  args: Pick<GlobalArguments, 'quiet' | 'verbose' | 'progress'>,
  { stderr }: Pick<CommandContext, 'stderr'>,
): Reporter {
  const create = args.progress === 'json' ? createJsonReporter : createLineReporter;
  return create(stderr, reportLevel(args));
}
