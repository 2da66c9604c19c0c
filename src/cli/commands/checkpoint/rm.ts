import { VirtbsError } from '../../../errors.js';
import type { Command } from '../../command.js';
import { parseDuration } from '../../parse-duration.js';
import { stringList } from '../../string-list.js';
import { timeoutOption } from '../../timeout-option.js';

export const checkpointRmCommand: Command = {
  command: 'rm [keys..]',
  describe: 'remove checkpoints; slices that were brought back from them go on',
  positionals: { keys: { type: 'string', array: true, describe: 'keys, as checkpoint ls shows them' } },
  options: {
    all: { type: 'boolean', default: false, describe: 'all of them; those of one slice where --slice is given, too' },
    timeout: timeoutOption('uses checkpoints'),
  },
  examples: [['$0 -s 1 checkpoint rm --all', 'the next cycle of slice 1 boots']],
  sliceless: ({ slice }) => slice === undefined,
  check(args) {
    if (stringList(args['keys']).length > 0 !== (args['all'] === true)) return;
    throw new VirtbsError('usage', 'checkpoint rm: say which', { hint: 'give keys, or --all' });
  },
  async run(args, context) {
    const timeout = parseDuration('--timeout', String(args['timeout']));
    const [{ resolveRoot }, { parseSlice }, { forgetCheckpoints }, { createReporter }, { renderForgotten }] =
      await Promise.all([
        import('../../resolve-root.js'),
        import('../../parse-slice.js'),
        import('../../../checkpoint/forget-checkpoints.js'),
        import('../../render/reporter.js'),
        import('../../render/checkpoints.js'),
      ]);
    const slice = args.slice === undefined ? undefined : parseSlice(args.slice);
    const keys = args['all'] === true ? 'all' : stringList(args['keys']);
    using reporter = createReporter(args, context);
    const verb = { emit: reporter.emit, signal: context.signal };
    const result = await forgetCheckpoints({ root: await resolveRoot(args, context), slice, keys, timeout }, verb);
    reporter[Symbol.dispose]();
    renderForgotten(result, args, context);
  },
};
