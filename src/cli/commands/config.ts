import type { Command } from '../command.js';

export const configCommand: Command = {
  command: 'config',
  describe: 'print the merged configuration and where each value came from',
  sliceless: () => true,
  async run(args, context) {
    const [{ loadConfigurationFor }, { renderConfiguration, configurationJson }] = await Promise.all([
      import('../load-plan.js'),
      import('../../config/render-configuration.js'),
    ]);
    const configuration = await loadConfigurationFor(args, context);
    const json = (): string => `${JSON.stringify(configurationJson(configuration), null, 2)}\n`;
    context.stdout.write(args.json ? json() : renderConfiguration(configuration));
  },
};
