import { defineCommand } from '../../define-command.js';
import { writeJson } from '../../json-results.js';

export const imageLsCommand = defineCommand({
  command: 'ls [slots..]',
  describe: 'list builds: tags, sizes, age, what stands on them',
  positionals: { slots: { type: 'string', array: true, describe: 'image slots; all where none is given' } },
  options: { tree: { type: 'boolean', default: false, describe: 'show builds below those they stand on' } },
  async run(args, context) {
    const [{ inWorkplace }, { listImages }, { renderImages }, { tableWidth }] = await Promise.all([
      import('../../in-workplace.js'),
      import('../../../image/list-images.js'),
      import('../../render/images.js'),
      import('../../render/table.js'),
    ]);
    const { slots } = args;
    const builds = await inWorkplace(args, context, async (place) => listImages(await place.root(), slots, place.verb));
    if (args.json) writeJson('image-ls', { version: 1, builds }, context);
    else context.stdout.write(renderImages(builds, { tree: args.tree, width: tableWidth(context.stdout) }));
  },
});
