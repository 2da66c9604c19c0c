import type { Command } from '../command.js';
import { LOCK_TIMEOUT } from '../lock-timeout.js';
import { parseDuration } from '../parse-duration.js';
import { TIMINGS_OPTION } from '../timings-option.js';
import { dryRunOption } from '../dry-run-option.js';

export const restoreCommand: Command = {
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
    const timeout = parseDuration('--timeout', String(args['timeout']));
    const [{ withSlice }, { restore }, { renderRestore }] = await Promise.all([
      import('../with-slice.js'),
      import('../../slice/restore.js'),
      import('../render/snapshots.js'),
    ]);
    const name = String(args['snapshot']);
    const wait = args['wait'] === true;
    const dryRun = args['dryRun'] === true;
    const result = await withSlice(args, context, (options, verb) =>
      restore({ ...options, name, timeout, wait, dryRun, lockTimeout: LOCK_TIMEOUT }, verb),
    );
    renderRestore(result, { ...args, timings: args['timings'] === true }, context);
  },
};
