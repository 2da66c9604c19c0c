import { resolve } from 'node:path';
import type { Command } from '../command.js';
import { LOCK_TIMEOUT } from '../lock-timeout.js';
import { dryRunOption } from '../dry-run-option.js';

export const reapCommand: Command = {
  command: 'reap',
  describe: 'wipe slices whose --ttl is over, and leased ones whose session is gone',
  options: {
    'dry-run': dryRunOption('destroyed'),
  },
  sliceless: () => true,
  async run(args, context) {
    const [{ resolveRoot }, { reap }, { openChosenDriver }, { createReporter }, { renderReap }] = await Promise.all([
      import('../resolve-root.js'),
      import('../../slice/reap.js'),
      import('../open-chosen-driver.js'),
      import('../render/reporter.js'),
      import('../render/reap.js'),
    ]);
    const root = await resolveRoot(args, context);
    using reporter = createReporter(args, context);
    await using driver = await openChosenDriver(args, context, { root, emit: reporter.emit });
    const outputDirectory = resolve(context.cwd, args.outputDir);
    const result = await reap(
      { driver, root, outputDirectory, timeout: LOCK_TIMEOUT, dryRun: args['dryRun'] === true },
      { emit: reporter.emit, signal: context.signal },
    );
    reporter[Symbol.dispose]();
    renderReap(result, args, context);
  },
};
