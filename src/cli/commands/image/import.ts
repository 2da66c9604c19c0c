import { resolve } from 'node:path';
import type { Command } from '../../command.js';
import { stringList } from '../../string-list.js';
import { TAG_OPTION } from '../../tag-option.js';

export const imageImportCommand: Command = {
  command: 'import <file> <slot>',
  describe: 'take an image file of this machine into the library',
  positionals: {
    file: {
      type: 'string',
      describe: 'qcow2 or raw, also .xz, .gz, .bz2, .zst; with FILE.kernel, .initrd and .cmdline where they are there',
    },
    slot: { type: 'string', describe: 'image slot, of a recipe "image_import: {}" or any other' },
  },
  options: { tag: TAG_OPTION },
  async run(args, context) {
    const [{ loadConfigurationFor }, { importImage }, { createReporter }, { renderAddedBuild }] = await Promise.all([
      import('../../load-plan.js'),
      import('../../../image/import-image.js'),
      import('../../render/reporter.js'),
      import('../../render/added-build.js'),
    ]);
    const { imageFlow, paths } = await loadConfigurationFor(args, context);
    const root = resolve(context.cwd, args.root ?? paths.virtbsRoot);
    using reporter = createReporter(args, context);
    const added = await importImage(
      {
        file: resolve(context.cwd, String(args['file'])),
        slot: String(args['slot']),
        tags: stringList(args['tag']),
      },
      { recipes: imageFlow, root },
      { emit: reporter.emit, signal: context.signal },
    );
    reporter[Symbol.dispose]();
    renderAddedBuild(added, args, context);
  },
};
