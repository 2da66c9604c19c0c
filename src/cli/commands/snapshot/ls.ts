import { defineCommand } from '../../define-command.js';

export const snapshotLsCommand = defineCommand({
  command: 'ls',
  describe: 'list the snapshots of the slice: age, VMs, sizes',
  async run(args, context) {
    const [{ parseSlice }, { openPlace }, { listSnapshots }, { renderSnapshots }] = await Promise.all([
      import('../../parse-slice.js'),
      import('../../open-place.js'),
      import('../../../slice/list-snapshots.js'),
      import('../../render/snapshots.js'),
    ]);
    await using place = openPlace(args, context);
    const list = await listSnapshots(await place.root(), parseSlice(args.slice));
    renderSnapshots(list, args, context);
  },
});
