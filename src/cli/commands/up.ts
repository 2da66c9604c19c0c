import { DO_OPTION } from '../do-option.js';
import { defineCommand } from '../define-command.js';
import { parseDuration } from '../parse-duration.js';
import { parseTtl, TTL_OPTION } from '../ttl-option.js';
import { PLAN_OPTIONS, PLAN_POSITIONALS, planRequest, planWords } from '../plan-positionals.js';
import { BOOT_TIMEOUT_OPTION } from '../timeout-option.js';
import { dryRunOption } from '../dry-run-option.js';
import { TIMINGS_OPTION } from '../timings-option.js';

export const upCommand = defineCommand({
  command: 'up [layers] [topology..]',
  describe: 'add what the slice is missing; VMs that stand go on',
  positionals: PLAN_POSITIONALS,
  options: {
    ...PLAN_OPTIONS,
    ttl: TTL_OPTION,
    prune: { type: 'boolean', default: false, describe: 'remove VMs and networks that are not asked for' },
    rebuild: { type: 'boolean', default: false, describe: 'make VMs anew that are not as asked for' },
    timeout: BOOT_TIMEOUT_OPTION,
    wait: { type: 'boolean', default: true, describe: 'wait for logins; --no-wait: only until the VMs are started' },
    do: DO_OPTION,
    'dry-run': dryRunOption('done'),
    timings: TIMINGS_OPTION,
  },
  leases: (args) => ({
    byDefault: false,
    until: 'session',
    ttl: parseTtl(args),
    dryRun: args.dryRun,
    plan: planWords(args),
  }),
  topologyFile: (args) => args.file,
  examples: [
    ['$0 -s 1 up roles controller:1 worker:3', 'one more worker for `controller:1 worker:2`'],
    ['$0 -s 1 up --prune roles controller:1', 'and no worker any more'],
  ],
  async run(args, context) {
    const timeout = parseDuration('--timeout', args.timeout);
    const [{ inWorkplace }, { renderUp }] = await Promise.all([
      import('../in-workplace.js'),
      import('../render/up.js'),
    ]);
    const result = await inWorkplace({ ...args, topologyFile: args.file }, context, async (place) => {
      const plan = await place.plan(planRequest(args));
      const tasks = await (
        await import('../../workplace/tasks-after.js')
      ).tasksAfter(place, plan, {
        asked: args.do,
        waits: args.wait,
      });
      const loaded = performance.now() - context.started;
      const { up } = await import('../../slice/up.js');
      const made = await up(
        {
          ...(await place.creation()),
          plan,
          ttl: parseTtl(args),
          bootTimeout: timeout,
          lockTimeout: timeout,
          wait: args.wait,
          prune: args.prune,
          rebuild: args.rebuild,
          dryRun: args.dryRun,
          loadMilliseconds: loaded,
          tasks: tasks?.asked,
        },
        place.verb,
      );
      return tasks && !args.dryRun ? { ...made, tasks: await tasks.do() } : made;
    });
    renderUp(result, args, context);
  },
});
