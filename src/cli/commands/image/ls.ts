import type { Command } from '../../command.js';
import { stringList } from '../../string-list.js';
import { writeJson } from '../../json-results.js';

export const imageLsCommand: Command = {
  command: 'ls [slots..]',
  describe: 'list builds: tags, sizes, age, what stands on them',
  positionals: { slots: { type: 'string', array: true, describe: 'image slots; all where none is given' } },
  options: { tree: { type: 'boolean', default: false, describe: 'show builds below those they stand on' } },
  async run(args, context) {
    const [{ resolveRoot }, { listImages }, { createReporter }, { renderImages }] = await Promise.all([
      import('../../resolve-root.js'),
      import('../../../image/list-images.js'),
      import('../../render/reporter.js'),
      import('../../render/images.js'),
    ]);
    const root = await resolveRoot(args, context);
    using reporter = createReporter(args, context);
    const builds = await listImages(root, stringList(args['slots']), reporter);
    reporter[Symbol.dispose]();
    if (args.json) writeJson('image-ls', { version: 1, builds }, context);
    else context.stdout.write(renderImages(builds, { tree: args['tree'] === true }));
  },
};
