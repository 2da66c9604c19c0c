import { CHECKPOINT_OPTION, checkpointSettings } from '../checkpoint-option.js';
import { DO_OPTION } from '../do-option.js';
import type { OldSlice } from '../../slice/cycle.js';
import { defineCommand } from '../define-command.js';
import { parseDuration } from '../parse-duration.js';
import { PLAN_OPTIONS, PLAN_POSITIONALS, planRequest, planWords } from '../plan-positionals.js';
import { parseTtl, TTL_OPTION } from '../ttl-option.js';
import { BOOT_TIMEOUT_OPTION } from '../timeout-option.js';
import { dryRunOption } from '../dry-run-option.js';
import { TIMINGS_OPTION } from '../timings-option.js';

export const cycleCommand = defineCommand({
  command: 'cycle [layers] [topology..]',
  describe: 'destroy what the slice holds and make it anew',
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
    do: DO_OPTION,
    'dry-run': dryRunOption('destroyed and made'),
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
    ['$0 -s 1 cycle roles controller:1 worker:2', 'three small VMs'],
    ['$0 -s 2 cycle roles,debian controller:3,worker:3', 'six Debian VMs'],
    ['$0 -c tasks.yaml cycle roles controller:1 --do', 'and do all tasks of tasks.yaml on it'],
    ['$0 cycle --file cluster.yaml', 'what the file says'],
  ],
  async run(args, context) {
    const timeout = parseDuration('--timeout', args.timeout);
    const ttl = parseTtl(args);
    const [{ inWorkplace }, { renderCycle }] = await Promise.all([
      import('../in-workplace.js'),
      import('../render/cycle.js'),
    ]);
    const result = await inWorkplace({ ...args, topologyFile: args.file }, context, async (place, pause) => {
      const project = (await place.project())?.path ?? null;
      // Whoever gives a number means that slice.
      const mayDestroy = args.slice === undefined && {
        mayDestroy: async (old: OldSlice) =>
          (await import('../agree-to-destroy.js')).agreeToDestroy(old, { project, pause }, context),
      };
      const plan = await place.plan(planRequest(args));
      const tasks = await (
        await import('../../workplace/tasks-after.js')
      ).tasksAfter(place, plan, {
        asked: args.do,
        waits: args.wait,
      });
      const loaded = performance.now() - context.started;
      const { cycle } = await import('../../slice/cycle.js');
      return await cycle(
        {
          ...(await place.creation()),
          plan,
          project,
          ...mayDestroy,
          ttl,
          bootTimeout: timeout,
          lockTimeout: timeout,
          wait: args.wait,
          dryRun: args.dryRun,
          loadMilliseconds: loaded,
          checkpoint: checkpointSettings(args, (await place.configuration()).checkpoint),
          tasks: tasks?.asked,
        },
        place.verb,
      );
    });
    renderCycle(result, args, context);
  },
});
