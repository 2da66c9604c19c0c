import { defineCommand } from '../../define-command.js';
import { gitlabStage } from '../../gitlab-stage.js';
import { parseDuration } from '../../parse-duration.js';
import { timeoutOption } from '../../timeout-option.js';

export const gitlabCleanupCommand = defineCommand({
  command: 'cleanup',
  describe: 'the stage cleanup: wipe what was made for the job',
  options: { timeout: timeoutOption('works on the slice') },
  sliceless: () => true,
  async run(args, context) {
    const lockTimeout = parseDuration('--timeout', args.timeout);
    return await gitlabStage(args, context, async (place) => {
      const { cleanUpGitlabJob } = await import('../../../worker/clean-up-gitlab-job.js');
      await cleanUpGitlabJob(lockTimeout, place);
      return 0;
    });
  },
});
