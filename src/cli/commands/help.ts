import { defineCommand } from '../define-command.js';

export const helpCommand = defineCommand({
  command: 'help [command..]',
  describe: 'show the help of a command',
  positionals: { command: { type: 'string', array: true, describe: 'a command: cycle, or image build' } },
  examples: [['$0 help image build', 'as $0 image build --help']],
  run: (args, context) => context.showHelp(args.command),
});
