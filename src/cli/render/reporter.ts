import type { CommandContext, GlobalArguments, Reporter } from '../command.js';
import { reportLevel } from './line-reporter.js';
import { createLiveReporter } from './live-reporter.js';
import { createStillReporter } from './still-reporter.js';

/** Live on a terminal, plain lines elsewhere, JSON lines where asked for; only warnings where quiet is. All of it on stderr. */
export function createReporter(
  args: Pick<GlobalArguments, 'progress' | 'quiet' | 'verbose'>,
  context: CommandContext,
): Reporter {
  const { stderr, env } = context;
  const still = createStillReporter(args, context);
  const live =
    args.progress === 'auto' &&
    stderr.isTTY === true &&
    reportLevel(args) === 'normal' &&
    env['TERM'] !== 'dumb' &&
    !isSet(env['CI']);
  return live ? createLiveReporter(stderr, still) : still;
}

/** CI=false and CI=0 are how people say that it is none. */
function isSet(value: string | undefined): boolean {
  return value !== undefined && !/^(|0|false)$/i.test(value);
}
