import { VirtbsError } from '../../errors.js';
import { CHECKPOINT_OPTION } from '../checkpoint-option.js';
import { DO_OPTION } from '../do-option.js';
import { defineCommand } from '../define-command.js';
import { parseDuration } from '../parse-duration.js';
import { parseSlice } from '../parse-slice.js';
import { PLAN_POSITIONALS, planWords } from '../plan-positionals.js';
import { parseTtl, TTL_OPTION } from '../ttl-option.js';
import { BOOT_TIMEOUT_OPTION } from '../timeout-option.js';
import { writeJson } from '../json-results.js';

export const withCommand = defineCommand({
  command: 'with [layers] [topology..]',
  describe: "lease a slice, make it, run the command behind --, and wipe it; the exit code is the command's",
  positionals: PLAN_POSITIONALS,
  options: {
    'on-failure': {
      type: 'string',
      choices: ['wipe', 'keep'],
      default: 'wipe',
      requiresArg: true,
      describe: 'what becomes of the slice where the build or the command fails',
    },
    timeout: BOOT_TIMEOUT_OPTION,
    checkpoint: CHECKPOINT_OPTION,
    ttl: TTL_OPTION,
    do: DO_OPTION,
  },
  passes: true,
  leases: (args) => ({
    byDefault: true,
    until: 'process',
    ttl: parseTtl(args),
    plan: planWords(args),
    mayBeEmpty: true,
  }),
  examples: [
    ['$0 with roles controller:1 worker:2 -- ./test.sh', 'on a free slice, which is gone afterwards'],
    ['$0 with --on-failure keep roles plain -- sh -c \'ssh -F "$VIRTBS_SSH_CONFIG" plain true\'', 'keep it to look at'],
  ],
  check(args) {
    parseDuration('--timeout', args.timeout);
    parseTtl(args);
    if (args.passed.length === 0) {
      throw new VirtbsError('usage', 'with: no command is given', {
        hint: 'put it behind --: virtbs with roles plain -- ./test.sh',
      });
    }
  },
  async run(args, context) {
    const timeout = parseDuration('--timeout', args.timeout);
    const slice = parseSlice(args.slice);
    const [{ inWorkplace }, { runCommandWithSlice }] = await Promise.all([
      import('../in-workplace.js'),
      import('../../workplace/run-command-with-slice.js'),
    ]);
    await context.endWithParent();
    const options = {
      slice,
      lease: context.lease ?? null,
      plan: planWords(args),
      ttl: parseTtl(args),
      keep: args.checkpoint,
      bootTimeout: timeout,
      lockTimeout: timeout,
      onFailure: args.onFailure,
      tasks: args.do,
      command: args.passed,
      terminal: context.stdin.isTTY === true,
      output: args.json ? ('stderr' as const) : ('stdout' as const),
      started: context.started,
    };
    const result = await inWorkplace(args, context, async (place, pause) =>
      runCommandWithSlice({ ...options, onStart: pause }, place),
    );
    if (args.json) writeJson('with', result, context);
    return result.exitCode;
  },
});
