import { defineCommand } from '../../define-command.js';
import { writeJson } from '../../json-results.js';

export const configShowCommand = defineCommand({
  command: 'show',
  isDefault: true,
  describe: 'print the merged configuration and where each value came from',
  sliceless: () => true,
  async run(args, context) {
    const [{ openPlace }, { renderConfiguration, configurationJson }, { chosenEntries }] = await Promise.all([
      import('../../open-place.js'),
      import('../../../config/render-configuration.js'),
      import('../../chosen-entries.js'),
    ]);
    await using place = openPlace(args, context);
    const entries = chosenEntries(await place.configuration(), args, context);
    const configuration = { entries: () => entries };
    if (args.json) writeJson('config', configurationJson(configuration), context);
    else context.stdout.write(renderConfiguration(configuration));
  },
});
