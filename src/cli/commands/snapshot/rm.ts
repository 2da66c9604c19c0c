import { LOCK_TIMEOUT } from '../../../workplace/lock-timeout.js';
import { defineCommand } from '../../define-command.js';
import { dryRunOption } from '../../dry-run-option.js';
import { parseSlice } from '../../parse-slice.js';

export const snapshotRmCommand = defineCommand({
  command: 'rm <snapshot>',
  describe: 'remove a snapshot; VMs and other snapshots stay as they are',
  positionals: { snapshot: { type: 'string', describe: 'its name' } },
  options: { 'dry-run': dryRunOption('removed') },
  async run(args, context) {
    const slice = parseSlice(args.slice);
    const [{ inWorkplace }, { deleteSnapshot }, { renderDeletedSnapshot }] = await Promise.all([
      import('../../in-workplace.js'),
      import('../../../slice/delete-snapshot.js'),
      import('../../render/snapshots.js'),
    ]);
    const { snapshot: name, dryRun } = args;
    const result = await inWorkplace(args, context, async (place) =>
      deleteSnapshot({ ...(await place.standing(slice)), name, dryRun, lockTimeout: LOCK_TIMEOUT }, place.verb),
    );
    renderDeletedSnapshot(result, args, context);
  },
});
