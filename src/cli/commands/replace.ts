import { resolve } from 'node:path';
import type { Command } from '../command.js';
import { parseDuration } from '../parse-duration.js';
import { parseSlice } from '../parse-slice.js';
import { vmWords } from '../vm-positionals.js';

export const replaceCommand: Command = {
  command: 'replace <vms..>',
  describe: 'build VMs anew with the same names, addresses and keys; the others go on',
  positionals: { vms: { type: 'string', array: true, describe: 'VMs (controller-02) or roles (controller)' } },
  options: {
    timeout: {
      type: 'string',
      default: '300',
      requiresArg: true,
      describe: 'give a VM up after this long without progress (seconds, or 90s, 5m)',
    },
    wait: { type: 'boolean', default: true, describe: 'wait for logins; --no-wait: only until the VMs are started' },
    'dry-run': { type: 'boolean', default: false, describe: 'change nothing, say what would be replaced' },
    timings: { type: 'boolean', default: false, describe: 'print how long each phase took' },
  },
  async run(args, context) {
    const slice = parseSlice(args.slice);
    const timeout = parseDuration('--timeout', String(args['timeout']));
    const [
      { loadConfigurationFor },
      { replace },
      { openChosenDriver },
      { createReporter },
      { renderReplace },
      session,
      jumpHost,
      { formatSession },
    ] = await Promise.all([
      import('../load-plan.js'),
      import('../../slice/replace.js'),
      import('../open-chosen-driver.js'),
      import('../render/reporter.js'),
      import('../render/replace.js'),
      import('../describe-session.js'),
      import('../describe-jump-host.js'),
      import('../../session/format-session.js'),
    ]);
    const configuration = await loadConfigurationFor(args, context);
    const root = resolve(context.cwd, args.root ?? configuration.paths.virtbsRoot);
    using reporter = createReporter(args, context);
    await using driver = await openChosenDriver(args, context, { root, configuration, emit: reporter.emit });
    const result = await replace(
      {
        slice,
        driver,
        images: { recipes: configuration.imageFlow, root, runBuildVm: driver.runBuildVm },
        jump: await jumpHost.describeJumpHost(configuration.jumpHost),
        outputDirectory: resolve(context.cwd, args.outputDir),
        session: formatSession(await session.describeSession(context)),
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
