import { defineCommand } from '../define-command.js';
import { parseDuration } from '../parse-duration.js';
import { parseSlice } from '../parse-slice.js';
import { BOOT_TIMEOUT_OPTION } from '../timeout-option.js';
import { dryRunOption } from '../dry-run-option.js';
import { TIMINGS_OPTION } from '../timings-option.js';

export const replaceCommand = defineCommand({
  command: 'replace <vms..>',
  describe: 'make VMs anew with the same names, addresses and keys; the others go on',
  positionals: { vms: { type: 'string', array: true, describe: 'VMs (controller-02, worker.1) or roles (worker)' } },
  options: {
    timeout: BOOT_TIMEOUT_OPTION,
    wait: { type: 'boolean', default: true, describe: 'wait for logins; --no-wait: only until the VMs are started' },
    'dry-run': dryRunOption('replaced'),
    timings: TIMINGS_OPTION,
  },
  async run(args, context) {
    const slice = parseSlice(args.slice);
    const timeout = parseDuration('--timeout', args.timeout);
    const [{ inWorkplace }, { replace }, { renderReplace }] = await Promise.all([
      import('../in-workplace.js'),
      import('../../slice/replace.js'),
      import('../render/replace.js'),
    ]);
    const asked = {
      slice,
      words: args.vms,
      bootTimeout: timeout,
      lockTimeout: timeout,
      wait: args.wait,
      dryRun: args.dryRun,
    };
    const result = await inWorkplace(args, context, async (place) =>
      replace({ ...(await place.creation()), ...asked }, place.verb),
    );
    renderReplace(result, args, context);
  },
});
