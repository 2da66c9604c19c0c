import type { Command } from '../command.js';
import { writeJson } from '../json-results.js';

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
    if (args.json) writeJson('config', configurationJson(configuration), context);
    else context.stdout.write(renderConfiguration(configuration));
  },
};
