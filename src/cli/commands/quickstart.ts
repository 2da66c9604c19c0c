import { join } from 'node:path';
import { defineCommand } from '../define-command.js';

export const quickstartCommand = defineCommand({
  command: 'quickstart',
  describe: 'install what is missing, build the image "mini", make slice 1 and log in to its VMs',
  options: {
    lab: { type: 'boolean', default: false, describe: 'do it in a throw-away host that leaves no VM and no network' },
    yes: { alias: 'y', type: 'boolean', default: false, describe: 'do not ask' },
  },
  sliceless: () => true,
  async run(args, context) {
    const { runScript } = await import('../run-script.js');
    const flags = [args.lab ? ['--lab'] : [], args.yes ? ['--yes'] : []].flat();
    return await runScript(join(context.packageDirectory, 'bin/quickstart'), flags, context);
  },
});
