import { defineCommand } from '../define-command.js';
import { parseSlice } from '../parse-slice.js';
import { LOCK_TIMEOUT } from '../../workplace/lock-timeout.js';
import { parseDuration } from '../parse-duration.js';
import { VM_POSITIONALS } from '../vm-positionals.js';

export const stopCommand = defineCommand({
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
    const slice = parseSlice(args.slice);
    const shutdownTimeout = parseDuration('--timeout', args.timeout);
    const [{ inWorkplace }, { stop }, { renderChanges }] = await Promise.all([
      import('../in-workplace.js'),
      import('../../slice/stop.js'),
      import('../render/changes.js'),
    ]);
    const { vms: words, force } = args;
    const result = await inWorkplace(args, context, async (place) =>
      stop({ ...(await place.standing(slice)), words, shutdownTimeout, force, lockTimeout: LOCK_TIMEOUT }, place.verb),
    );
    renderChanges(result, args, context);
  },
});
