import { defineCommand } from '../define-command.js';
import { parseSlice } from '../parse-slice.js';
import { LOCK_TIMEOUT } from '../../workplace/lock-timeout.js';
import { parseDuration } from '../parse-duration.js';
import { VM_POSITIONALS } from '../vm-positionals.js';

/** Milliseconds without progress after which a VM that boots is given up. */
const BOOT_TIMEOUT = 300_000;

export const rebootCommand = defineCommand({
  command: 'reboot [vms..]',
  describe: 'start VMs anew, and wait until they accept a login again',
  positionals: VM_POSITIONALS,
  options: {
    timeout: {
      type: 'string',
      default: '60',
      requiresArg: true,
      describe: 'reset a guest that has not gone down by then (seconds, or 90s, 5m)',
    },
    force: { type: 'boolean', default: false, describe: 'reset at once, without asking the guests' },
    wait: { type: 'boolean', default: true, describe: 'wait for logins; --no-wait: return when the guests are asked' },
  },
  async run(args, context) {
    const slice = parseSlice(args.slice);
    const shutdownTimeout = parseDuration('--timeout', args.timeout);
    const [{ inWorkplace }, { reboot }, { renderChanges }] = await Promise.all([
      import('../in-workplace.js'),
      import('../../slice/reboot.js'),
      import('../render/changes.js'),
    ]);
    const { vms: words } = args;
    const { force, wait } = args;
    const limits = { shutdownTimeout, bootTimeout: BOOT_TIMEOUT, lockTimeout: LOCK_TIMEOUT };
    const result = await inWorkplace(args, context, async (place) =>
      reboot({ ...(await place.standing(slice)), words, force, wait, ...limits }, place.verb),
    );
    renderChanges(result, args, context);
  },
});
