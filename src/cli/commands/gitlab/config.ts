import { defineCommand } from '../../define-command.js';

export const gitlabConfigCommand = defineCommand({
  command: 'config',
  describe: 'the stage config: where a VM keeps sources and caches',
  sliceless: () => true,
  async run(_args, { stdout, packageDirectory }) {
    const [{ describeGitlabExecutor }, { readVersion }] = await Promise.all([
      import('../../../worker/describe-gitlab-executor.js'),
      import('../../read-version.js'),
    ]);
    stdout.write(`${JSON.stringify(describeGitlabExecutor(readVersion(packageDirectory)))}\n`);
  },
});
