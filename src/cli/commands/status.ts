import { tableWidth } from '../render/table.js';
import { defineCommand } from '../define-command.js';
import { parseDuration } from '../parse-duration.js';
import { parseSlice } from '../parse-slice.js';
import { VM_POSITIONALS } from '../vm-positionals.js';
import { writeJson } from '../json-results.js';

export const statusCommand = defineCommand({
  command: 'status [vms..]',
  describe: 'how the VMs of the slice are: power, reachability by ssh, cloud-init',
  positionals: VM_POSITIONALS,
  options: {
    timeout: {
      type: 'string',
      default: '60',
      requiresArg: true,
      describe: 'the time that a guest has to answer (seconds, or 90s, 5m)',
    },
  },
  async run(args, context) {
    const slice = parseSlice(args.slice);
    const timeout = parseDuration('--timeout', args.timeout);
    const [{ inWorkplace }, { status }, { renderStatus }] = await Promise.all([
      import('../in-workplace.js'),
      import('../../slice/status.js'),
      import('../render/status.js'),
    ]);
    const { vms: words } = args;
    const result = await inWorkplace(args, context, async (place) =>
      status({ ...(await place.standing(slice)), words, timeout }, place.verb),
    );
    if (args.json) writeJson('status', result, context);
    else context.stdout.write(renderStatus(result, tableWidth(context.stdout)));
  },
});
