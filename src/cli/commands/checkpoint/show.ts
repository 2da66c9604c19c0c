import { VirtbsError } from '../../../errors.js';
import { defineCommand } from '../../define-command.js';

export const checkpointShowCommand = defineCommand({
  command: 'show <key>',
  describe: 'show one checkpoint: slice, age, VMs, sizes',
  positionals: { key: { type: 'string', describe: 'its key, as checkpoint ls shows it' } },
  sliceless: () => true,
  async run(args, context) {
    const [{ openPlace }, { listCheckpoints }, { renderCheckpoints }] = await Promise.all([
      import('../../open-place.js'),
      import('../../../checkpoint/list-checkpoints.js'),
      import('../../render/checkpoints.js'),
    ]);
    await using place = openPlace(args, context);
    const all = await listCheckpoints(await place.root());
    const checkpoints = all.filter(({ key }) => key === args.key);
    if (checkpoints.length === 0) {
      const hint = 'virtbs checkpoint ls lists them';
      throw new VirtbsError('checkpoint-unknown', `there is no checkpoint ${args.key}`, { hint });
    }
    renderCheckpoints({ version: 1, checkpoints }, args, context);
  },
});
