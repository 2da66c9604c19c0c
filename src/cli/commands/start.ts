import type { Command } from '../command.js';
import { LOCK_TIMEOUT } from '../lock-timeout.js';
import { parseDuration } from '../parse-duration.js';
import { VM_POSITIONALS, vmWords } from '../vm-positionals.js';
import { BOOT_TIMEOUT_OPTION } from '../timeout-option.js';

export const startCommand: Command = {
  command: 'start [vms..]',
  describe: 'start VMs that are off, and wait until they accept a login',
  positionals: VM_POSITIONALS,
  options: {
    timeout: BOOT_TIMEOUT_OPTION,
    wait: { type: 'boolean', default: true, describe: 'wait for logins; --no-wait: only until the VMs run' },
  },
  examples: [['$0 -s 1 start worker', 'all workers of slice 1']],
  async run(args, context) {
    const timeout = parseDuration('--timeout', String(args['timeout']));
    const [{ withSlice }, { start }, { renderChanges }] = await Promise.all([
      import('../with-slice.js'),
      import('../../slice/start.js'),
      import('../render/changes.js'),
    ]);
    const words = vmWords(args);
    const wait = args['wait'] === true;
    const result = await withSlice(args, context, (options, verb) =>
      start({ ...options, words, timeout, wait, lockTimeout: LOCK_TIMEOUT }, verb),
    );
    renderChanges(result, args, context);
  },
};
