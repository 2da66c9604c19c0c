import type { Command } from '../command.js';
import { VM_POSITIONALS, vmWords } from '../vm-positionals.js';
import { writeJson } from '../json-results.js';

export const statusCommand: Command = {
  command: 'status [vms..]',
  describe: 'how the VMs of the slice are: power, reachability by ssh, cloud-init',
  positionals: VM_POSITIONALS,
  async run(args, context) {
    const [{ withSlice }, { status }, { renderStatus }] = await Promise.all([
      import('../with-slice.js'),
      import('../../slice/status.js'),
      import('../render/status.js'),
    ]);
    const words = vmWords(args);
    const result = await withSlice(args, context, (options, verb) => status({ ...options, words }, verb));
    if (args.json) writeJson('status', result, context);
    else context.stdout.write(renderStatus(result));
  },
};
