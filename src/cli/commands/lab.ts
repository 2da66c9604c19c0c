import { join } from 'node:path';
import { defineCommand } from '../define-command.js';

export const labCommand = defineCommand({
  command: 'lab [command..]',
  describe: 'run a command, or a shell, in a throw-away host with a libvirt daemon of its own; needs root',
  positionals: { command: { type: 'string', array: true, describe: 'a program and its arguments; put -- before it' } },
  options: {
    where: { type: 'boolean', default: false, describe: 'print the folder that the images in a lab come from' },
  },
  passes: true,
  examples: [
    ['$0 lab', 'a shell: virsh and virtbs in it work on the throw-away host alone'],
    ['$0 --root "$($0 lab --where)" image build mini', 'make an image for labs: there is no internet in them'],
    ['$0 lab -- $0 cycle roles controller:1', 'any command'],
  ],
  sliceless: () => true,
  async run(args, context) {
    const { runScript } = await import('../run-script.js');
    const command = [...args.command, ...args.passed];
    return await runScript(
      join(context.packageDirectory, 'bin/lab'),
      args.where ? ['--where'] : ['--', ...command],
      context,
    );
  },
});
