import { VirtbsError } from '../../../errors.js';
import { defineCommand } from '../../define-command.js';
import { parseSlice } from '../../parse-slice.js';
import { LOCK_TIMEOUT } from '../../../workplace/lock-timeout.js';
import { TIMINGS_OPTION } from '../../timings-option.js';
import { dryRunOption } from '../../dry-run-option.js';

export const snapshotMakeCommand = defineCommand({
  command: 'make <snapshot>',
  isDefault: true,
  describe: 'keep memory and disks of all VMs of the slice at one instant; they go on',
  positionals: { snapshot: { type: 'string', describe: 'a name for it' } },
  options: {
    delete: {
      type: 'boolean',
      default: false,
      describe: 'remove the snapshot of this name instead, as snapshot rm does',
    },
    'dry-run': dryRunOption('removed by --delete'),
    timings: TIMINGS_OPTION,
  },
  examples: [['$0 -s 1 snapshot installed', 'virtbs -s 1 restore installed comes back to it']],
  check(args) {
    if (!args.dryRun || args.delete) return;
    throw new VirtbsError('usage', 'snapshot: --dry-run without --delete', {
      hint: 'a snapshot destroys nothing; --delete --dry-run says what would be removed',
    });
  },
  async run(args, context) {
    const slice = parseSlice(args.slice);
    const { snapshot: name, dryRun } = args;
    const [{ inWorkplace }, { renderDeletedSnapshot, renderSnapshot }] = await Promise.all([
      import('../../in-workplace.js'),
      import('../../render/snapshots.js'),
    ]);
    if (args.delete) {
      const { deleteSnapshot } = await import('../../../slice/delete-snapshot.js');
      const result = await inWorkplace(args, context, async (place) =>
        deleteSnapshot({ ...(await place.standing(slice)), name, dryRun, lockTimeout: LOCK_TIMEOUT }, place.verb),
      );
      renderDeletedSnapshot(result, args, context);
      return;
    }
    const { snapshot } = await import('../../../slice/snapshot.js');
    const result = await inWorkplace(args, context, async (place) =>
      snapshot({ ...(await place.standing(slice)), name, lockTimeout: LOCK_TIMEOUT }, place.verb),
    );
    renderSnapshot(result, args, context);
  },
});
