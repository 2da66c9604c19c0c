import type { Command } from '../command.js';
import { parseDuration } from '../parse-duration.js';
import { parseSlice } from '../parse-slice.js';
import { vmWords } from '../vm-positionals.js';
import { BOOT_TIMEOUT_OPTION } from '../timeout-option.js';
import { dryRunOption } from '../dry-run-option.js';
import { TIMINGS_OPTION } from '../timings-option.js';

export const replaceCommand: Command = {
  command: 'replace <vms..>',
  describe: 'build VMs anew with the same names, addresses and keys; the others go on',
  positionals: { vms: { type: 'string', array: true, describe: 'VMs (controller-02) or roles (controller)' } },
  options: {
    timeout: BOOT_TIMEOUT_OPTION,
    wait: { type: 'boolean', default: true, describe: 'wait for logins; --no-wait: only until the VMs are started' },
    'dry-run': dryRunOption('replaced'),
    timings: TIMINGS_OPTION,
  },
  async run(args, context) {
    const slice = parseSlice(args.slice);
    const timeout = parseDuration('--timeout', String(args['timeout']));
    const [{ loadConfigurationFor }, { replace }, { openBuild }, { createReporter }, { renderReplace }] =
      await Promise.all([
        import('../load-plan.js'),
        import('../../slice/replace.js'),
        import('../open-build.js'),
        import('../render/reporter.js'),
        import('../render/replace.js'),
      ]);
    const configuration = await loadConfigurationFor(args, context);
    using reporter = createReporter(args, context);
    await using build = await openBuild(args, context, configuration, reporter.emit);
    const result = await replace(
      {
        ...build.options,
        slice,
        words: vmWords(args),
        timeout,
        wait: args['wait'] === true,
        dryRun: args['dryRun'] === true,
      },
      { emit: reporter.emit, signal: context.signal },
    );
    reporter[Symbol.dispose]();
    renderReplace(result, { ...args, timings: args['timings'] === true }, context);
  },
};
