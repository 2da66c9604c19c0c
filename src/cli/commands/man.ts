import type { Command } from '../command.js';

export const manCommand: Command = {
  command: 'man',
  describe: 'print the manual page, for man -l -',
  examples: [['$0 man | man -l -', 'read it']],
  async run(_args, context) {
    const [{ manualPage }, { COMMANDS }] = await Promise.all([
      import('../render/manual-page.js'),
      import('../commands.js'),
    ]);
    context.stdout.write(manualPage(COMMANDS));
  },
};
