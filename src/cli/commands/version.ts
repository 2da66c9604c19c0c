import { defineCommand } from '../define-command.js';

export const versionCommand = defineCommand({
  command: 'version',
  describe: 'print the version',
  sliceless: () => true,
  async run(_args, context) {
    const { readVersion } = await import('../read-version.js');
    context.stdout.write(`${readVersion(context.packageDirectory)}\n`);
  },
});
