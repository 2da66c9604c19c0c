import { CHECKPOINT_OPTION } from '../../checkpoint-option.js';
import { defineCommand } from '../../define-command.js';
import { DO_OPTION } from '../../do-option.js';
import { gitlabStage } from '../../gitlab-stage.js';
import { parseDuration } from '../../parse-duration.js';
import { PLAN_POSITIONALS } from '../../plan-positionals.js';
import { BOOT_TIMEOUT_OPTION } from '../../timeout-option.js';
import { parseTtl, TTL_OPTION } from '../../ttl-option.js';

export const gitlabPrepareCommand = defineCommand({
  command: 'prepare [layers] [topology..]',
  describe: 'the stage prepare: make the slice of the job',
  positionals: PLAN_POSITIONALS,
  options: {
    ttl: {
      ...TTL_OPTION,
      describe: 'let virtbs reap destroy the slice after this long; the time of the job otherwise',
    },
    timeout: BOOT_TIMEOUT_OPTION,
    checkpoint: CHECKPOINT_OPTION,
    do: DO_OPTION,
  },
  sliceless: () => true,
  async run(args, context) {
    const { layers, topology, checkpoint: keep } = args;
    const timeout = parseDuration('--timeout', args.timeout);
    const { started } = context;
    const limits = { ttl: parseTtl(args), bootTimeout: timeout, lockTimeout: timeout, started };
    await context.endWithParent();
    return await gitlabStage(args, context, async (place, job) => {
      const { prepareGitlabJob } = await import('../../../worker/prepare-gitlab-job.js');
      const { renderLease } = await import('../../render/lease.js');
      const made = await prepareGitlabJob({ ...limits, plan: { layers, topology }, tasks: args.do, keep }, job, place);
      renderLease(made, { json: false, quiet: args.quiet, timings: false }, context);
      return 0;
    });
  },
});
