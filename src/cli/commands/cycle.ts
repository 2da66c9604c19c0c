import { resolve } from 'node:path';
import type { Command } from '../command.js';
import { parseDuration } from '../parse-duration.js';
import { PLAN_OPTIONS, PLAN_POSITIONALS } from '../plan-positionals.js';
import { parseTtl, TTL_OPTION } from '../ttl-option.js';

export const cycleCommand: Command = {
  command: 'cycle [layers] [topology..]',
  describe: 'destroy what the slice holds and build it anew',
  positionals: PLAN_POSITIONALS,
  options: {
    ...PLAN_OPTIONS,
    timeout: {
      type: 'string',
      default: '300',
      requiresArg: true,
      describe: 'give a VM up after this long without progress (seconds, or 90s, 5m)',
    },
    wait: {
      type: 'boolean',
      default: true,
      describe: 'return when every VM accepts a login; --no-wait: when all are started',
    },
    ttl: TTL_OPTION,
    'dry-run': { type: 'boolean', default: false, describe: 'change nothing, say what would be destroyed and built' },
    timings: { type: 'boolean', default: false, describe: 'print how long each phase took' },
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
    const [
      { cycle },
      { openChosenDriver },
      { createReporter },
      { renderCycle },
      describe,
      { formatSession },
      jumpHost,
    ] = await Promise.all([
      import('../../slice/cycle.js'),
      import('../open-chosen-driver.js'),
      import('../render/reporter.js'),
      import('../render/cycle.js'),
      import('../describe-session.js'),
      import('../../session/format-session.js'),
      import('../describe-jump-host.js'),
    ]);
    const root = resolve(context.cwd, args.root ?? configuration.paths.virtbsRoot);
    using reporter = createReporter(args, context);
    await using driver = await openChosenDriver(args, context, { root, configuration, emit: reporter.emit });
    const result = await cycle(
      {
        plan,
        driver,
        images: { recipes: configuration.imageFlow, root, runBuildVm: driver.runBuildVm },
        outputDirectory: resolve(context.cwd, args.outputDir),
        jump: await jumpHost.describeJumpHost(configuration.jumpHost),
        session: formatSession(await describe.describeSession(context)),
        ttl,
        timeout,
        wait: args['wait'] === true,
        dryRun: args['dryRun'] === true,
        configuration: loaded,
      },
      { emit: reporter.emit, signal: context.signal },
    );
    reporter[Symbol.dispose]();
    renderCycle(result, { ...args, timings: args['timings'] === true }, context);
  },
};
