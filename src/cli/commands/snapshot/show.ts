import { slicePaths } from '../../../filenames.js';
import { defineCommand } from '../../define-command.js';

export const snapshotShowCommand = defineCommand({
  command: 'show <snapshot>',
  describe: 'show one snapshot: age, VMs, sizes',
  positionals: { snapshot: { type: 'string', describe: 'its name' } },
  async run(args, context) {
    const [{ parseSlice }, { openPlace }, { listSnapshots }, { assertSnapshotKnown }, { renderSnapshots }] =
      await Promise.all([
        import('../../parse-slice.js'),
        import('../../open-place.js'),
        import('../../../slice/list-snapshots.js'),
        import('../../../slice/snapshot-record.js'),
        import('../../render/snapshots.js'),
      ]);
    await using place = openPlace(args, context);
    const [root, slice] = [await place.root(), parseSlice(args.slice)];
    await assertSnapshotKnown(slicePaths(root, slice), slice, args.snapshot);
    const list = await listSnapshots(root, slice);
    renderSnapshots({ ...list, snapshots: list.snapshots.filter(({ name }) => name === args.snapshot) }, args, context);
  },
});
