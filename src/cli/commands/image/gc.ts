import { defineCommand } from '../../define-command.js';
import { parseDuration } from '../../parse-duration.js';
import { timeoutOption } from '../../timeout-option.js';
import { dryRunOption } from '../../dry-run-option.js';

export const imageGcCommand = defineCommand({
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
    const age = args.older;
    const older = /^0+$/.test(age) ? 0 : parseDuration('--older', age);
    const lockTimeout = parseDuration('--timeout', args.timeout);
    const [{ inWorkplace }, { collectGarbage }, { renderGarbage }] = await Promise.all([
      import('../../in-workplace.js'),
      import('../../../image/collect-garbage.js'),
      import('../../render/removed-images.js'),
    ]);
    const { dryRun } = args;
    const result = await inWorkplace(args, context, async (place) =>
      collectGarbage({ root: await place.root(), older, dryRun, lockTimeout }, place.verb),
    );
    renderGarbage(result, args, context);
  },
});
