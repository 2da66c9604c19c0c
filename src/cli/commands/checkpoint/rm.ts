import { VirtbsError } from '../../../errors.js';
import { dryRunOption } from '../../dry-run-option.js';
import { defineCommand } from '../../define-command.js';
import { parseDuration } from '../../parse-duration.js';
import { timeoutOption } from '../../timeout-option.js';

export const checkpointRmCommand = defineCommand({
  command: 'rm [keys..]',
  describe: 'remove checkpoints; slices that were brought back from them go on',
  positionals: { keys: { type: 'string', array: true, describe: 'keys, as checkpoint ls shows them' } },
  options: {
    all: { type: 'boolean', default: false, describe: 'all of them; those of one slice where --slice is given, too' },
    'dry-run': dryRunOption('removed'),
    timeout: timeoutOption('uses checkpoints'),
  },
  examples: [['$0 -s 1 checkpoint rm --all', 'the next cycle of slice 1 boots']],
  sliceless: ({ slice }) => slice === undefined,
  check(args) {
    if (args.keys.length > 0 !== args.all) return;
    throw new VirtbsError('usage', 'checkpoint rm: say which', { hint: 'give keys, or --all' });
  },
  async run(args, context) {
    const lockTimeout = parseDuration('--timeout', args.timeout);
    const [{ inWorkplace }, { parseSlice }, { forgetCheckpoints }, { renderForgotten }] = await Promise.all([
      import('../../in-workplace.js'),
      import('../../parse-slice.js'),
      import('../../../checkpoint/forget-checkpoints.js'),
      import('../../render/checkpoints.js'),
    ]);
    const slice = args.slice === undefined ? undefined : parseSlice(args.slice);
    const keys = args.all ? 'all' : args.keys;
    const result = await inWorkplace(args, context, async (place) =>
      forgetCheckpoints({ root: await place.root(), slice, keys, dryRun: args.dryRun, lockTimeout }, place.verb),
    );
    renderForgotten(result, args, context);
  },
});
