import { resolve } from 'node:path';
import { defineCommand } from '../../define-command.js';
import { dryRunOption } from '../../dry-run-option.js';
import { sshConfigFile, sshConfigOption } from '../../ssh-config-option.js';

export const sshConfigRemoveCommand = defineCommand({
  command: 'remove',
  describe: 'take the line for --output-dir away again',
  options: {
    all: { type: 'boolean', default: false, describe: 'the lines for all folders' },
    file: sshConfigOption,
    'dry-run': dryRunOption('removed'),
  },
  sliceless: () => true,
  async run(args, context) {
    const [{ removeSshInclude }, { renderSshConfig }] = await Promise.all([
      import('../../../output/change-ssh-config.js'),
      import('../../render/ssh-config.js'),
    ]);
    const directory = args.all ? null : resolve(context.cwd, args.outputDir);
    const { dryRun } = args;
    const result = await removeSshInclude({ file: sshConfigFile(args, context), directory, dryRun });
    renderSshConfig(result, args, context);
  },
});
