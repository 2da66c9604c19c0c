import { resolve } from 'node:path';
import type { Command } from '../command.js';
import { parseDuration } from '../parse-duration.js';
import { parseSlice } from '../parse-slice.js';
import { timeoutOption } from '../timeout-option.js';
import { dryRunOption } from '../dry-run-option.js';
import { TIMINGS_OPTION } from '../timings-option.js';

export const wipeCommand: Command = {
  command: 'wipe',
  describe: 'destroy what the slice holds, and nothing else; with --session or --all that of several',
  options: {
    timeout: timeoutOption('works on the slice'),
    session: {
      type: 'string',
      describe: 'wipe all slices of a session as ls shows it; without a name those built or leased from here',
    },
    all: { type: 'boolean', default: false, describe: 'wipe all slices that were built with this root; asks before' },
    yes: { alias: 'y', type: 'boolean', default: false, describe: 'do not ask' },
    'dry-run': dryRunOption('destroyed'),
    timings: TIMINGS_OPTION,
  },
  sliceless: (args) => args['all'] === true || args['session'] !== undefined,
  async run(args, context) {
    if (args['all'] === true || args['session'] !== undefined) {
      const { wipeSeveral } = await import('../wipe-several.js');
      return await wipeSeveral(args, context);
    }
    const slice = parseSlice(args.slice);
    const timeout = parseDuration('--timeout', String(args['timeout']));
    const [{ resolveRoot }, { wipe }, { openChosenDriver }, { createReporter }, { renderWipe }] = await Promise.all([
      import('../resolve-root.js'),
      import('../../slice/wipe.js'),
      import('../open-chosen-driver.js'),
      import('../render/reporter.js'),
      import('../render/wipe.js'),
    ]);
    const root = await resolveRoot(args, context);
    using reporter = createReporter(args, context);
    await using driver = await openChosenDriver(args, context, { root, emit: reporter.emit });
    const outputDirectory = resolve(context.cwd, args.outputDir);
    const dryRun = args['dryRun'] === true;
    const result = await wipe(
      { slice, driver, root, outputDirectory, timeout, dryRun },
      { emit: reporter.emit, signal: context.signal },
    );
    reporter[Symbol.dispose]();
    renderWipe(result, { ...args, timings: args['timings'] === true }, context);
  },
};
