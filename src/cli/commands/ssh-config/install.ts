import { resolve } from 'node:path';
import { defineCommand } from '../../define-command.js';
import { dryRunOption } from '../../dry-run-option.js';
import { sshConfigFile, sshConfigOption } from '../../ssh-config-option.js';

export const sshConfigInstallCommand = defineCommand({
  command: 'install',
  describe: 'put a line at the top that includes the ssh files of all slices in --output-dir',
  options: { file: sshConfigOption, 'dry-run': dryRunOption('written') },
  examples: [
    ['$0 ssh-config install && ssh bs1-controller-02', 'from any folder; scp, rsync and editors know the VMs, too'],
  ],
  sliceless: () => true,
  async run(args, context) {
    const [{ installSshInclude }, { renderSshConfig }] = await Promise.all([
      import('../../../output/change-ssh-config.js'),
      import('../../render/ssh-config.js'),
    ]);
    const directory = resolve(context.cwd, args.outputDir);
    const { dryRun } = args;
    const result = await installSshInclude({ file: sshConfigFile(args, context), directory, dryRun });
    renderSshConfig(result, args, context);
  },
});
