import type { CommandArguments, CommandContext, Reporter } from '../command.js';
import { createLineReporter, reportLevel } from './line-reporter.js';
import { createLiveReporter } from './live-reporter.js';

/** Live on a terminal, plain lines elsewhere, only warnings where quiet is asked for. All of it on stderr. */
export function createReporter(args: CommandArguments, { stderr, env }: CommandContext): Reporter {
  const level = reportLevel(args);
  const lines = createLineReporter(stderr, level);
  const live = stderr.isTTY === true && level === 'normal' && env['TERM'] !== 'dumb' && !isSet(env['CI']);
  return live ? createLiveReporter(stderr, lines) : lines;
}

/** CI=false and CI=0 are how people say that it is none. */
function isSet(value: string | undefined): boolean {
  return value !== undefined && !/^(|0|false)$/i.test(value);
}
