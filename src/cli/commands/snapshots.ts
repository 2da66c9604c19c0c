import type { Command } from '../command.js';

export const snapshotsCommand: Command = {
  command: 'snapshots',
  describe: 'list the snapshots of the slice: age, VMs, sizes',
  async run(args, context) {
    const [{ parseSlice }, { resolveRoot }, { listSnapshots }, { renderSnapshots }] = await Promise.all([
      import('../parse-slice.js'),
      import('../resolve-root.js'),
      import('../../slice/list-snapshots.js'),
      import('../render/snapshots.js'),
    ]);
    const list = await listSnapshots(await resolveRoot(args, context), parseSlice(args.slice));
    renderSnapshots(list, args, context);
  },
};
