import type { Command } from '../../command.js';

export const checkpointLsCommand: Command = {
  command: 'ls',
  describe: 'list checkpoints of all slices, or of the one that --slice names; the one that was used last comes last',
  sliceless: ({ slice }) => slice === undefined,
  async run(args, context) {
    const [{ resolveRoot }, { parseSlice }, { listCheckpoints }, { renderCheckpoints }] = await Promise.all([
      import('../../resolve-root.js'),
      import('../../parse-slice.js'),
      import('../../../checkpoint/list-checkpoints.js'),
      import('../../render/checkpoints.js'),
    ]);
    const slice = args.slice === undefined ? undefined : parseSlice(args.slice);
    const checkpoints = await listCheckpoints(await resolveRoot(args, context), slice);
    renderCheckpoints({ version: 1, checkpoints }, args, context);
  },
};
