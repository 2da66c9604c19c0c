import type { Command } from '../command.js';
import { parseDuration } from '../parse-duration.js';
import { VM_POSITIONALS, vmWords } from '../vm-positionals.js';
import { BOOT_TIMEOUT_OPTION } from '../timeout-option.js';
import { writeJson } from '../json-results.js';

export const waitCommand: Command = {
  command: 'wait [vms..]',
  describe: 'wait until VMs accept a login, and cloud-init is done where they have it',
  positionals: VM_POSITIONALS,
  options: {
    timeout: BOOT_TIMEOUT_OPTION,
  },
  async run(args, context) {
    const timeout = parseDuration('--timeout', String(args['timeout']));
    const [{ withSlice }, { wait }] = await Promise.all([import('../with-slice.js'), import('../../slice/wait.js')]);
    const words = vmWords(args);
    const result = await withSlice(args, context, (options, verb) => wait({ ...options, words, timeout }, verb));
    const text = result.vms.map(({ hostname }) => `${hostname} is ready\n`).join('');
    if (args.json) writeJson('wait', result, context);
    else if (!args.quiet) context.stdout.write(text);
  },
};
