import type { Command } from '../command.js';
import { parseDuration } from '../parse-duration.js';
import { parseTtl, TTL_OPTION } from '../ttl-option.js';
import { PLAN_OPTIONS, PLAN_POSITIONALS } from '../plan-positionals.js';
import { BOOT_TIMEOUT_OPTION } from '../timeout-option.js';
import { dryRunOption } from '../dry-run-option.js';
import { TIMINGS_OPTION } from '../timings-option.js';

export const upCommand: Command = {
  command: 'up [layers] [topology..]',
  describe: 'add what the slice is missing; VMs that stand go on',
  positionals: PLAN_POSITIONALS,
  options: {
    ...PLAN_OPTIONS,
    ttl: TTL_OPTION,
    prune: { type: 'boolean', default: false, describe: 'remove VMs and networks that are not asked for' },
    rebuild: { type: 'boolean', default: false, describe: 'build VMs anew that are not as asked for' },
    timeout: BOOT_TIMEOUT_OPTION,
    wait: { type: 'boolean', default: true, describe: 'wait for logins; --no-wait: only until the VMs are started' },
    'dry-run': dryRunOption('done'),
    timings: TIMINGS_OPTION,
  },
  leases: { byDefault: false, until: 'session' },
  examples: [
    ['$0 -s 1 up roles controller:1 worker:3', 'one more worker for `controller:1 worker:2`'],
    ['$0 -s 1 up --prune roles controller:1', 'and no worker any more'],
  ],
  async run(args, context) {
    const timeout = parseDuration('--timeout', String(args['timeout']));
    const { loadPlan } = await import('../load-plan.js');
    const { configuration, plan } = await loadPlan(args, context);
    const loaded = performance.now() - context.started;
    const [{ up }, { openBuild }, { createReporter }, { renderUp }] = await Promise.all([
      import('../../slice/up.js'),
      import('../open-build.js'),
      import('../render/reporter.js'),
      import('../render/up.js'),
    ]);
    using reporter = createReporter(args, context);
    await using build = await openBuild(args, context, configuration, reporter.emit);
    const result = await up(
      {
        ...build.options,
        plan,
        ttl: parseTtl(args),
        timeout,
        wait: args['wait'] === true,
        prune: args['prune'] === true,
        rebuild: args['rebuild'] === true,
        dryRun: args['dryRun'] === true,
        configuration: loaded,
      },
      { emit: reporter.emit, signal: context.signal },
    );
    reporter[Symbol.dispose]();
    renderUp(result, { ...args, timings: args['timings'] === true }, context);
  },
};
