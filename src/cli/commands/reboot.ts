import type { Command } from '../command.js';
import { LOCK_TIMEOUT } from '../lock-timeout.js';
import { parseDuration } from '../parse-duration.js';
import { VM_POSITIONALS, vmWords } from '../vm-positionals.js';

/** Milliseconds without progress after which a VM that boots is given up. */
const BOOT_TIMEOUT = 300_000;

export const rebootCommand: Command = {
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
    const timeout = parseDuration('--timeout', String(args['timeout']));
    const [{ withSlice }, { reboot }, { renderChanges }] = await Promise.all([
      import('../with-slice.js'),
      import('../../slice/reboot.js'),
      import('../render/changes.js'),
    ]);
    const words = vmWords(args);
    const [force, wait] = [args['force'] === true, args['wait'] === true];
    const limits = { timeout, bootTimeout: BOOT_TIMEOUT, lockTimeout: LOCK_TIMEOUT };
    const result = await withSlice(args, context, (options, verb) =>
      reboot({ ...options, words, force, wait, ...limits }, verb),
    );
    renderChanges(result, args, context);
  },
};
