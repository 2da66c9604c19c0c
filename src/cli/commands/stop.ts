import type { Command } from '../command.js';
import { LOCK_TIMEOUT } from '../lock-timeout.js';
import { parseDuration } from '../parse-duration.js';
import { VM_POSITIONALS, vmWords } from '../vm-positionals.js';

export const stopCommand: Command = {
  command: 'stop [vms..]',
  describe: 'turn VMs off: their guests are asked first',
  positionals: VM_POSITIONALS,
  options: {
    timeout: {
      type: 'string',
      default: '60',
      requiresArg: true,
      describe: 'cut the power of a guest that has not turned itself off by then (seconds, or 90s, 5m)',
    },
    force: { type: 'boolean', default: false, describe: 'cut the power at once' },
  },
  examples: [['$0 -s 1 stop worker controller-03', 'all workers and one controller']],
  async run(args, context) {
    const timeout = parseDuration('--timeout', String(args['timeout']));
    const [{ withSlice }, { stop }, { renderChanges }] = await Promise.all([
      import('../with-slice.js'),
      import('../../slice/stop.js'),
      import('../render/changes.js'),
    ]);
    const words = vmWords(args);
    const force = args['force'] === true;
    const result = await withSlice(args, context, (options, verb) =>
      stop({ ...options, words, timeout, force, lockTimeout: LOCK_TIMEOUT }, verb),
    );
    renderChanges(result, args, context);
  },
};
