import { VirtbsError } from '../../errors.js';
import { CHECKPOINT_OPTION } from '../checkpoint-option.js';
import { defineCommand } from '../define-command.js';
import { DO_OPTION } from '../do-option.js';
import { parseDuration } from '../parse-duration.js';
import { PLAN_POSITIONALS } from '../plan-positionals.js';
import { BOOT_TIMEOUT_OPTION } from '../timeout-option.js';
import { TIMINGS_OPTION } from '../timings-option.js';
import { TTL_OPTION } from '../ttl-option.js';

export const leaseCommand = defineCommand({
  command: 'lease [layers] [topology..]',
  describe: 'make a free slice that stays until its time is over, and print how to log in',
  positionals: PLAN_POSITIONALS,
  options: {
    ttl: {
      ...TTL_OPTION,
      default: '2h',
      describe: 'let virtbs reap, or the next lease, destroy it after this long (90m, 3d)',
    },
    file: {
      type: 'string',
      array: true,
      nargs: 1,
      default: [],
      defaultDescription: 'none',
      describe: 'GUEST=LOCAL: give each VM a file, for its root alone; repeatable',
    },
    // Not --env-file: Node reads a file of that option itself, also behind the name of the script.
    environment: {
      type: 'string',
      requiresArg: true,
      describe:
        'give each VM lines NAME=VALUE, as /etc/virtbs/environment, for its root alone; /dev/stdin reads a pipe',
    },
    'late-files': {
      type: 'boolean',
      default: false,
      describe: 'give the files when the tasks of --do are done, so that these can come from a checkpoint',
    },
    'on-failure': {
      type: 'string',
      choices: ['wipe', 'keep'],
      default: 'wipe',
      requiresArg: true,
      describe: 'what becomes of the slice where it cannot be made, or a task fails',
    },
    timeout: BOOT_TIMEOUT_OPTION,
    checkpoint: CHECKPOINT_OPTION,
    do: DO_OPTION,
    timings: TIMINGS_OPTION,
  },
  sliceless: () => true,
  examples: [
    ['$0 lease roles,debian plain:1 --ttl 2h --json', 'a slice of any number, and what ssh needs'],
    ['$0 lease roles plain:1 --file /etc/token=token.txt', 'with a file that only its root can read'],
    ['$0 wipe --session', 'ends all leases of this shell or CI run'],
  ],
  async run(args, context) {
    const { slice, layers, topology } = args;
    if (slice !== undefined && slice !== 'auto' && slice !== context.env['VIRTBS_SLICE']) {
      throw new VirtbsError('usage', `lease: --slice ${slice} is not taken: lease takes a free slice`, {
        hint: `without --slice any free one; virtbs -s ${slice} cycle … makes that one`,
      });
    }
    const timeout = parseDuration('--timeout', args.timeout);
    const ttl = parseDuration('--ttl', args.ttl);
    const [{ inWorkplace }, { makeLease }, { readLuggage }, { renderLease }] = await Promise.all([
      import('../in-workplace.js'),
      import('../../workplace/make-lease.js'),
      import('../../workplace/read-luggage.js'),
      import('../render/lease.js'),
    ]);
    const { cwd, signal, started } = context;
    const luggage = await readLuggage({ files: args.file, environment: args.environment, cwd, signal });
    await context.endWithParent();
    const options = {
      ...{ plan: { layers, topology }, ttl, luggage, another: true, tasks: args.do, keep: args.checkpoint, started },
      lateFiles: args.lateFiles,
      ...{ onFailure: args.onFailure, bootTimeout: timeout, lockTimeout: timeout },
    };
    const result = await inWorkplace(args, context, async (place) => makeLease(options, place));
    renderLease(result, args, context);
  },
});
