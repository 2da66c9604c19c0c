import { defineCommand } from '../../define-command.js';
import { parseRunnerArguments, RUNNER_OPTIONS } from '../../runner-options.js';

export const runnerGiteaCommand = defineCommand({
  command: 'gitea',
  describe: 'make a runner for each job that waits at a Gitea, until it is ended',
  options: RUNNER_OPTIONS,
  sliceless: () => true,
  check: (args) => void parseRunnerArguments(args),
  async run(args, context) {
    const { watchRunnersOf } = await import('../../watch-runners.js');
    await watchRunnersOf('gitea', parseRunnerArguments(args), { args, context });
  },
});
