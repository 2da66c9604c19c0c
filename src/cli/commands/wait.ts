import type { Command } from '../command.js';
import { parseDuration } from '../parse-duration.js';
import { VM_POSITIONALS, vmWords } from '../vm-positionals.js';

export const waitCommand: Command = {
  command: 'wait [vms..]',
  describe: 'wait until VMs accept a login, and cloud-init is done where they have it',
  positionals: VM_POSITIONALS,
  options: {
    timeout: {
      type: 'string',
      default: '300',
      requiresArg: true,
      describe: 'give a VM up after this long without progress (seconds, or 90s, 5m)',
    },
  },
  async run(args, context) {
    const timeout = parseDuration('--timeout', String(args['timeout']));
    const [{ withSlice }, { wait }] = await Promise.all([import('../with-slice.js'), import('../../slice/wait.js')]);
    const words = vmWords(args);
    const result = await withSlice(args, context, (options, verb) => wait({ ...options, words, timeout }, verb));
    const text = result.vms.map(({ hostname }) => `${hostname} is ready\n`).join('');
    if (args.json) context.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
    else if (!args.quiet) context.stdout.write(text);
  },
};
