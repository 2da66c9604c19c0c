import { defineCommand } from '../define-command.js';

export const manCommand = defineCommand({
  command: 'man',
  describe: 'print the manual page, for man -l -',
  examples: [['$0 man | man -l -', 'read it']],
  async run(_args, context) {
    const { manualPage } = await import('../render/manual-page.js');
    context.stdout.write(manualPage(context.commands));
  },
});
