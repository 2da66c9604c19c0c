import { defineCommand } from '../define-command.js';
import { parseSlice } from '../parse-slice.js';
import { parseDuration } from '../parse-duration.js';
import { VM_POSITIONALS } from '../vm-positionals.js';
import { BOOT_TIMEOUT_OPTION } from '../timeout-option.js';
import { writeJson } from '../json-results.js';

export const waitCommand = defineCommand({
  command: 'wait [vms..]',
  describe: 'wait until VMs accept a login, and cloud-init is done where they have it',
  positionals: VM_POSITIONALS,
  options: {
    timeout: BOOT_TIMEOUT_OPTION,
  },
  async run(args, context) {
    const slice = parseSlice(args.slice);
    const bootTimeout = parseDuration('--timeout', args.timeout);
    const [{ inWorkplace }, { wait }] = await Promise.all([
      import('../in-workplace.js'),
      import('../../slice/wait.js'),
    ]);
    const { vms: words } = args;
    const result = await inWorkplace(args, context, async (place) =>
      wait({ ...(await place.standing(slice)), words, bootTimeout }, place.verb),
    );
    const text = result.vms.map(({ hostname }) => `${hostname} is ready\n`).join('');
    if (args.json) writeJson('wait', result, context);
    else if (!args.quiet) context.stdout.write(text);
  },
});
