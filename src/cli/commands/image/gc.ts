import type { Command } from '../../command.js';
import { parseDuration } from '../../parse-duration.js';
import { timeoutOption } from '../../timeout-option.js';
import { dryRunOption } from '../../dry-run-option.js';

export const imageGcCommand: Command = {
  command: 'gc',
  describe: 'remove builds without a tag that neither a slice nor another build needs, and what failures left',
  options: {
    older: {
      type: 'string',
      default: '14d',
      requiresArg: true,
      describe: 'only what was made longer ago than this (12h, 30d; 0 for all); half-made builds go at any age',
    },
    'dry-run': dryRunOption('removed'),
    timeout: timeoutOption('uses images'),
  },
  async run(args, context) {
    const age = String(args['older']);
    const older = /^0+$/.test(age) ? 0 : parseDuration('--older', age);
    const timeout = parseDuration('--timeout', String(args['timeout']));
    const [{ resolveRoot }, { collectGarbage }, { createReporter }, { renderGarbage }] = await Promise.all([
      import('../../resolve-root.js'),
      import('../../../image/collect-garbage.js'),
      import('../../render/reporter.js'),
      import('../../render/removed-images.js'),
    ]);
    const root = await resolveRoot(args, context);
    using reporter = createReporter(args, context);
    const result = await collectGarbage(
      { root, older, dryRun: args['dryRun'] === true, timeout },
      { emit: reporter.emit, signal: context.signal },
    );
    reporter[Symbol.dispose]();
    renderGarbage(result, args, context);
  },
};
