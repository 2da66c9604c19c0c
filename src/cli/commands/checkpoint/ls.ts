import { defineCommand } from '../../define-command.js';

export const checkpointLsCommand = defineCommand({
  command: 'ls',
  describe: 'list checkpoints of all slices, or of the one that --slice names; the one that was used last comes last',
  sliceless: ({ slice }) => slice === undefined,
  async run(args, context) {
    const [{ openPlace }, { parseSlice }, { listCheckpoints }, { renderCheckpoints }] = await Promise.all([
      import('../../open-place.js'),
      import('../../parse-slice.js'),
      import('../../../checkpoint/list-checkpoints.js'),
      import('../../render/checkpoints.js'),
    ]);
    const slice = args.slice === undefined ? undefined : parseSlice(args.slice);
    await using place = openPlace(args, context);
    const checkpoints = await listCheckpoints(await place.root(), slice);
    renderCheckpoints({ version: 1, checkpoints }, args, context);
  },
});
