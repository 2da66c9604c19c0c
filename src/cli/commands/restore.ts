import { defineCommand } from '../define-command.js';
import { parseSlice } from '../parse-slice.js';
import { LOCK_TIMEOUT } from '../../workplace/lock-timeout.js';
import { parseDuration } from '../parse-duration.js';
import { TIMINGS_OPTION } from '../timings-option.js';
import { dryRunOption } from '../dry-run-option.js';

export const restoreCommand = defineCommand({
  command: 'restore <snapshot>',
  describe: 'bring all VMs of the slice back to what they were in a snapshot',
  positionals: { snapshot: { type: 'string', describe: 'its name' } },
  options: {
    timeout: {
      type: 'string',
      default: '60',
      requiresArg: true,
      describe: 'give up a VM that makes no progress for this long (seconds, or 90s, 5m)',
    },
    wait: { type: 'boolean', default: true, describe: 'wait for logins, and set clocks; --no-wait: do neither' },
    'dry-run': dryRunOption('brought back'),
    timings: TIMINGS_OPTION,
  },
  async run(args, context) {
    const slice = parseSlice(args.slice);
    const bootTimeout = parseDuration('--timeout', args.timeout);
    const [{ inWorkplace }, { restore }, { renderRestore }] = await Promise.all([
      import('../in-workplace.js'),
      import('../../slice/restore.js'),
      import('../render/snapshots.js'),
    ]);
    const { snapshot: name, wait, dryRun } = args;
    const result = await inWorkplace(args, context, async (place) =>
      restore(
        { ...(await place.standing(slice)), name, bootTimeout, wait, dryRun, lockTimeout: LOCK_TIMEOUT },
        place.verb,
      ),
    );
    renderRestore(result, args, context);
  },
});
