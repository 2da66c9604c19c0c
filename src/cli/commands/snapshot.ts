import { VirtbsError } from '../../errors.js';
import type { Command } from '../command.js';
import { LOCK_TIMEOUT } from '../lock-timeout.js';
import { TIMINGS_OPTION } from '../timings-option.js';
import { dryRunOption } from '../dry-run-option.js';

export const snapshotCommand: Command = {
  command: 'snapshot <snapshot>',
  describe: 'keep memory and disks of all VMs of the slice at one instant; they go on',
  positionals: { snapshot: { type: 'string', describe: 'a name for it' } },
  options: {
    delete: { type: 'boolean', default: false, describe: 'remove the snapshot of this name instead' },
    'dry-run': dryRunOption('removed by --delete'),
    timings: TIMINGS_OPTION,
  },
  examples: [['$0 -s 1 snapshot installed', 'virtbs -s 1 restore installed comes back to it']],
  check(args) {
    if (args['dryRun'] !== true || args['delete'] === true) return;
    throw new VirtbsError('usage', 'snapshot: --dry-run without --delete', {
      hint: 'a snapshot destroys nothing; --delete --dry-run says what would be removed',
    });
  },
  async run(args, context) {
    const name = String(args['snapshot']);
    const dryRun = args['dryRun'] === true;
    const [{ withSlice }, { renderDeletedSnapshot, renderSnapshot }] = await Promise.all([
      import('../with-slice.js'),
      import('../render/snapshots.js'),
    ]);
    if (args['delete'] === true) {
      const { deleteSnapshot } = await import('../../slice/delete-snapshot.js');
      const result = await withSlice(args, context, (options, verb) =>
        deleteSnapshot({ ...options, name, dryRun, lockTimeout: LOCK_TIMEOUT }, verb),
      );
      renderDeletedSnapshot(result, args, context);
      return;
    }
    const { snapshot } = await import('../../slice/snapshot.js');
    const result = await withSlice(args, context, (options, verb) =>
      snapshot({ ...options, name, lockTimeout: LOCK_TIMEOUT }, verb),
    );
    renderSnapshot(result, { ...args, timings: args['timings'] === true }, context);
  },
};
