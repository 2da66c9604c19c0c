import { defineCommand } from '../define-command.js';
import { parseSlice } from '../parse-slice.js';
import { LOCK_TIMEOUT } from '../../workplace/lock-timeout.js';
import { parseDuration } from '../parse-duration.js';
import { VM_POSITIONALS } from '../vm-positionals.js';
import { BOOT_TIMEOUT_OPTION } from '../timeout-option.js';

export const startCommand = defineCommand({
  command: 'start [vms..]',
  describe: 'start VMs that are off, and wait until they accept a login',
  positionals: VM_POSITIONALS,
  options: {
    timeout: BOOT_TIMEOUT_OPTION,
    wait: { type: 'boolean', default: true, describe: 'wait for logins; --no-wait: only until the VMs run' },
  },
  examples: [['$0 -s 1 start worker', 'all workers of slice 1']],
  async run(args, context) {
    const slice = parseSlice(args.slice);
    const bootTimeout = parseDuration('--timeout', args.timeout);
    const [{ inWorkplace }, { start }, { renderChanges }] = await Promise.all([
      import('../in-workplace.js'),
      import('../../slice/start.js'),
      import('../render/changes.js'),
    ]);
    const { vms: words, wait } = args;
    const result = await inWorkplace(args, context, async (place) =>
      start({ ...(await place.standing(slice)), words, bootTimeout, wait, lockTimeout: LOCK_TIMEOUT }, place.verb),
    );
    renderChanges(result, args, context);
  },
});
