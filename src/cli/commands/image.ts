import { resolve } from 'node:path';
import type { Command } from '../command.js';
import { imageCommitCommand } from './image/commit.js';
import { imageExportCommand } from './image/export.js';
import { imageGcCommand } from './image/gc.js';
import { imageImportCommand } from './image/import.js';
import { imageLsCommand } from './image/ls.js';
import { imageRmCommand } from './image/rm.js';
import { writeJson } from '../json-results.js';

const buildCommand: Command = {
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
    const slots = Array.isArray(args['slots']) ? args['slots'].map(String) : [];
    const [{ loadConfigurationFor }, { buildImages }, { createReporter }, { lazyBuildVms }] = await Promise.all([
      import('../load-plan.js'),
      import('../../image/build-images.js'),
      import('../render/reporter.js'),
      import('../lazy-build-vms.js'),
    ]);
    const { imageFlow, paths } = await loadConfigurationFor(args, context);
    const root = resolve(context.cwd, args.root ?? paths.virtbsRoot);
    using reporter = createReporter(args, context);
    const { emit } = reporter;
    await using buildVms = lazyBuildVms({ connect: args.connect, root });
    const renew = new Set(args['renew'] === true ? slots : []);
    const source = { recipes: imageFlow, root, renew, environment: context.env, runBuildVm: buildVms.run };
    const builds = await buildImages(slots, source, { emit, signal: context.signal });
    reporter[Symbol.dispose]();
    const text = builds.map(({ slot, build, path }) => `${slot}  ${build}  ${path}\n`).join('');
    if (args.json) writeJson('image-build', { version: 1, builds }, context);
    else context.stdout.write(text);
  },
};

export const imageCommand: Command = {
  command: 'image',
  describe: 'make, list and remove cached images',
  subcommands: [
    imageLsCommand,
    buildCommand,
    imageImportCommand,
    imageExportCommand,
    imageCommitCommand,
    imageRmCommand,
    imageGcCommand,
  ],
};
