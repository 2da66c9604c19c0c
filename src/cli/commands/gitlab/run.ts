import { defineCommand } from '../../define-command.js';
import { gitlabStage } from '../../gitlab-stage.js';

export const gitlabRunCommand = defineCommand({
  command: 'run <script> <stage>',
  describe: 'the stage run: run a script of the job on a VM of its slice',
  positionals: {
    script: { type: 'string', describe: 'path of the script; GitLab Runner gives it' },
    stage: { type: 'string', describe: 'name of the step; GitLab Runner gives it' },
  },
  options: {
    on: { type: 'string', requiresArg: true, describe: 'VM, or a role for its first VM; the first VM otherwise' },
  },
  sliceless: () => true,
  async run(args, context) {
    return await gitlabStage(args, context, async (place) => {
      const { runGitlabStage } = await import('../../../worker/run-gitlab-stage.js');
      return await runGitlabStage({ script: args.script, on: args.on }, place);
    });
  },
});
