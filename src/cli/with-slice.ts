import { resolve } from 'node:path';
import type { VerbContext } from '../events.js';
import type { StandingOptions } from '../slice/standing-slice.js';
import type { CommandArguments, CommandContext } from './command.js';
import { parseSlice } from './parse-slice.js';

/** Does something to a slice as it stands, with a driver and a reporter that end when it is done. */
export async function withSlice<T>(
  args: CommandArguments,
  context: CommandContext,
  work: (options: StandingOptions, verb: VerbContext) => Promise<T>,
): Promise<T> {
  const slice = parseSlice(args.slice);
  const [{ resolveRoot }, { openChosenDriver }, { createReporter }] = await Promise.all([
    import('./resolve-root.js'),
    import('./open-chosen-driver.js'),
    import('./render/reporter.js'),
  ]);
  const root = await resolveRoot(args, context);
  using reporter = createReporter(args, context);
  await using driver = await openChosenDriver(args, context, { root, emit: reporter.emit });
  const outputDirectory = resolve(context.cwd, args.outputDir);
  return await work({ slice, driver, root, outputDirectory }, { emit: reporter.emit, signal: context.signal });
}
