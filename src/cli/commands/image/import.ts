import { resolve } from 'node:path';
import { defineCommand } from '../../define-command.js';
import { TAG_OPTION } from '../../tag-option.js';

export const imageImportCommand = defineCommand({
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
    const [{ inWorkplace }, { importImage }, { renderAddedBuild }] = await Promise.all([
      import('../../in-workplace.js'),
      import('../../../image/import-image.js'),
      import('../../render/added-build.js'),
    ]);
    const asked = {
      file: resolve(context.cwd, args.file),
      slot: args.slot,
      tags: args.tag,
    };
    const added = await inWorkplace(args, context, async (place) =>
      importImage(asked, await place.library(), place.verb),
    );
    renderAddedBuild(added, args, context);
  },
});
