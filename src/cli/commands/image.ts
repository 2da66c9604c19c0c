import type { Command } from '../command.js';
import { defineCommand } from '../define-command.js';
import { imageCommitCommand } from './image/commit.js';
import { imageExportCommand } from './image/export.js';
import { imageGcCommand } from './image/gc.js';
import { imageImportCommand } from './image/import.js';
import { imageLsCommand } from './image/ls.js';
import { imageRmCommand } from './image/rm.js';
import { imageShowCommand } from './image/show.js';
import { writeJson } from '../json-results.js';

const buildCommand = defineCommand({
  command: 'build <slots..>',
  describe: 'make or download images, so that they are there when a slice needs them',
  positionals: { slots: { type: 'string', array: true, describe: 'image slots' } },
  options: {
    renew: {
      type: 'boolean',
      default: false,
      describe: 'make them anew although they are there; what stands on them follows',
    },
  },
  sliceless: () => true,
  async run(args, context) {
    const [{ inWorkplace }, { buildImages }, { lazyBuildVms }] = await Promise.all([
      import('../in-workplace.js'),
      import('../../image/build-images.js'),
      import('../../workplace/lazy-build-vms.js'),
    ]);
    const renew = new Set(args.renew ? args.slots : []);
    const builds = await inWorkplace(args, context, async (place) => {
      const library = await place.library();
      await using buildVms = lazyBuildVms(place);
      return await buildImages(args.slots, { ...library, renew, runBuildVm: buildVms.run }, place.verb);
    });
    const text = builds.map(({ slot, build, path }) => `${slot}  ${build}  ${path}\n`).join('');
    if (args.json) writeJson('image-build', { version: 1, builds }, context);
    else context.stdout.write(text);
  },
});

export const imageCommand: Command = {
  command: 'image',
  describe: 'make, list and remove cached images',
  subcommands: [
    imageLsCommand,
    imageShowCommand,
    buildCommand,
    imageImportCommand,
    imageExportCommand,
    imageCommitCommand,
    imageRmCommand,
    imageGcCommand,
  ],
};
