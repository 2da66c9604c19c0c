import { defineCommand } from '../define-command.js';
import { parseSlice } from '../parse-slice.js';
import { dryRunOption } from '../dry-run-option.js';
import type { CommandContext, GlobalArguments } from '../command.js';
import { VirtbsError } from '../../errors.js';
import { parseDuration } from '../parse-duration.js';
import { BOOT_TIMEOUT_OPTION } from '../timeout-option.js';
import { writeJson } from '../json-results.js';

const TASK_LIST = { type: 'string', array: true, nargs: 1, default: [], defaultDescription: 'none' } as const;

export const doCommand = defineCommand({
  command: 'do [tasks..]',
  describe: 'do the tasks of the configuration on the slice: what is done already is skipped',
  positionals: {
    tasks: { type: 'string', array: true, describe: 'tasks, with all that they want; all where none is named' },
  },
  options: {
    again: { ...TASK_LIST, describe: 'run a task although it is done; repeatable' },
    from: { ...TASK_LIST, describe: 'run a task, and all that wants it, although they are done; repeatable' },
    done: { ...TASK_LIST, describe: 'take a task for done without running it; repeatable' },
    forget: {
      type: 'boolean',
      default: false,
      describe: 'remove what is known of the tasks instead: they are run at the next time',
    },
    stop: { type: 'boolean', default: false, describe: 'end what runs as soon as one task fails' },
    verify: {
      type: 'boolean',
      default: false,
      describe: 'deploy a second slice from nothing, and compare what the tasks print whose names begin with verify',
    },
    timeout: BOOT_TIMEOUT_OPTION,
    'dry-run': dryRunOption('done'),
  },
  examples: [
    ['$0 -c cluster.yaml do', 'all tasks of cluster.yaml, those that are done skipped'],
    ['$0 -c cluster.yaml do verify', 'one task and all that it wants'],
    ['$0 -c cluster.yaml do --again primary', 'one that is done once more'],
    ['$0 do --verify', 'compares with a deployment from nothing'],
  ],
  async run(args, context) {
    const slice = parseSlice(args.slice);
    if (args.verify) return await verify(slice, args, context);
    const [{ inWorkplace }, { doOnSlice }, { renderDone }, { repeatCommand }] = await Promise.all([
      import('../in-workplace.js'),
      import('../../slice/do-on-slice.js'),
      import('../render/tasks.js'),
      import('../../workplace/repeat-command.js'),
    ]);
    const asked = {
      goals: args.tasks,
      again: args.again,
      from: args.from,
      done: args.done,
      forget: args.forget,
      stop: args.stop,
      dryRun: args.dryRun,
    };
    const result = await inWorkplace(args, context, async (place) =>
      doOnSlice(
        {
          ...(await place.standing(slice)),
          ...asked,
          configuration: await place.configuration(),
          commandLine: repeatCommand(place.settings, slice),
        },
        place.verb,
      ),
    );
    renderDone(result, args, context);
  },
});

interface VerifyArguments extends GlobalArguments {
  readonly tasks: readonly string[];
  readonly again: readonly string[];
  readonly from: readonly string[];
  readonly done: readonly string[];
  readonly forget: boolean;
  readonly stop: boolean;
  readonly dryRun: boolean;
  readonly timeout: string;
}

async function verify(slice: number, args: VerifyArguments, context: CommandContext): Promise<void> {
  const { tasks, again, from, done, forget, stop, dryRun } = args;
  if ([...again, ...from, ...done].length > 0 || forget || stop || dryRun) {
    throw new VirtbsError(
      'usage',
      'do: --verify stands without --again, --from, --done, --forget, --stop and --dry-run',
    );
  }
  const timeout = parseDuration('--timeout', args.timeout);
  const [{ inWorkplace }, { verifyDeployment }] = await Promise.all([
    import('../in-workplace.js'),
    import('../../workplace/verify-deployment.js'),
  ]);
  await context.endWithParent();
  const limits = { bootTimeout: timeout, lockTimeout: timeout, started: context.started };
  const result = await inWorkplace(args, context, async (place) =>
    verifyDeployment({ slice, tasks, ...limits }, place),
  );
  if (args.json) return writeJson('verify', result, context);
  const names = [...new Set(result.same.map(({ task }) => task))].join(', ');
  if (!args.quiet) context.stdout.write(`slice ${slice}: ${names}: the same as on a slice deployed from nothing\n`);
}
