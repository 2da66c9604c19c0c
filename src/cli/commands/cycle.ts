import { CHECKPOINT_OPTION, checkpointSettings } from '../checkpoint-option.js';
import type { Command } from '../command.js';
import { parseDuration } from '../parse-duration.js';
import { PLAN_OPTIONS, PLAN_POSITIONALS } from '../plan-positionals.js';
import { parseTtl, TTL_OPTION } from '../ttl-option.js';
import { BOOT_TIMEOUT_OPTION } from '../timeout-option.js';
import { dryRunOption } from '../dry-run-option.js';
import { TIMINGS_OPTION } from '../timings-option.js';

export const cycleCommand: Command = {
  command: 'cycle [layers] [topology..]',
  describe: 'destroy what the slice holds and build it anew',
  positionals: PLAN_POSITIONALS,
  options: {
    ...PLAN_OPTIONS,
    timeout: BOOT_TIMEOUT_OPTION,
    wait: {
      type: 'boolean',
      default: true,
      describe: 'return when every VM accepts a login; --no-wait: when all are started',
    },
    checkpoint: CHECKPOINT_OPTION,
    ttl: TTL_OPTION,
    'dry-run': dryRunOption('destroyed and built'),
    timings: TIMINGS_OPTION,
  },
  leases: { byDefault: false, until: 'session' },
  examples: [
    ['$0 -s 1 cycle roles controller:1 worker:2', 'three small VMs'],
    ['$0 -s 2 cycle roles,debian controller:3,worker:3', 'six Debian VMs'],
    ['$0 cycle --file cluster.yaml', 'what the file says'],
  ],
  async run(args, context) {
    const timeout = parseDuration('--timeout', String(args['timeout']));
    const ttl = parseTtl(args);
    const { loadPlan } = await import('../load-plan.js');
    const { configuration, plan } = await loadPlan(args, context);
    const loaded = performance.now() - context.started;
    const [{ cycle }, { openBuild }, { createReporter }, { renderCycle }] = await Promise.all([
      import('../../slice/cycle.js'),
      import('../open-build.js'),
      import('../render/reporter.js'),
      import('../render/cycle.js'),
    ]);
    using reporter = createReporter(args, context);
    await using build = await openBuild(args, context, configuration, reporter.emit);
    const result = await cycle(
      {
        ...build.options,
        plan,
        ttl,
        timeout,
        wait: args['wait'] === true,
        dryRun: args['dryRun'] === true,
        configuration: loaded,
        checkpoint: checkpointSettings(args, configuration.checkpoint),
      },
      { emit: reporter.emit, signal: context.signal },
    );
    reporter[Symbol.dispose]();
    renderCycle(result, { ...args, timings: args['timings'] === true }, context);
  },
};
