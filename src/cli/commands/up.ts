import { resolve } from 'node:path';
import type { Command } from '../command.js';
import { parseDuration } from '../parse-duration.js';
import { parseTtl, TTL_OPTION } from '../ttl-option.js';
import { PLAN_OPTIONS, PLAN_POSITIONALS } from '../plan-positionals.js';

export const upCommand: Command = {
  command: 'up [layers] [topology..]',
  describe: 'add what the slice is missing; VMs that stand go on',
  positionals: PLAN_POSITIONALS,
  options: {
    ...PLAN_OPTIONS,
    ttl: TTL_OPTION,
    prune: { type: 'boolean', default: false, describe: 'remove VMs and networks that are not asked for' },
    rebuild: { type: 'boolean', default: false, describe: 'build VMs anew that are not as asked for' },
    timeout: {
      type: 'string',
      default: '300',
      requiresArg: true,
      describe: 'give a VM up after this long without progress (seconds, or 90s, 5m)',
    },
    wait: { type: 'boolean', default: true, describe: 'wait for logins; --no-wait: only until the VMs are started' },
    'dry-run': { type: 'boolean', default: false, describe: 'change nothing, say what would be done' },
    timings: { type: 'boolean', default: false, describe: 'print how long each phase took' },
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
    const [
      { up },
      { openChosenDriver },
      { createReporter },
      { renderUp },
      describe,
      { formatSession },
      { describeJumpHost },
    ] = await Promise.all([
      import('../../slice/up.js'),
      import('../open-chosen-driver.js'),
      import('../render/reporter.js'),
      import('../render/up.js'),
      import('../describe-session.js'),
      import('../../session/format-session.js'),
      import('../describe-jump-host.js'),
    ]);
    const root = resolve(context.cwd, args.root ?? configuration.paths.virtbsRoot);
    using reporter = createReporter(args, context);
    await using driver = await openChosenDriver(args, context, { root, configuration, emit: reporter.emit });
    const result = await up(
      {
        plan,
        driver,
        images: { recipes: configuration.imageFlow, root, runBuildVm: driver.runBuildVm },
        jump: await describeJumpHost(configuration.jumpHost),
        outputDirectory: resolve(context.cwd, args.outputDir),
        session: formatSession(await describe.describeSession(context)),
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
