import { resolve } from 'node:path';
import type { Command } from '../command.js';

const buildCommand: Command = {
  command: 'build <slots..>',
  describe: 'make or download images, so that they are there when a slice needs them',
  positionals: { slots: { type: 'string', array: true, describe: 'image slots' } },
  sliceless: () => true,
  async run(args, context) {
    const slots = Array.isArray(args['slots']) ? args['slots'].map(String) : [];
    const [{ loadConfigurationFor }, { buildImages }, { createReporter }] = await Promise.all([
      import('../load-plan.js'),
      import('../../image/build-images.js'),
      import('../render/reporter.js'),
    ]);
    const { imageFlow, paths } = await loadConfigurationFor(args, context);
    const root = resolve(context.cwd, args.root ?? paths.virtbsRoot);
    using reporter = createReporter(args, context);
    const { emit } = reporter;
    const builds = await buildImages(slots, { recipes: imageFlow, root }, { emit, signal: context.signal });
    reporter[Symbol.dispose]();
    const text = builds.map(({ slot, build, path }) => `${slot}  ${build}  ${path}\n`).join('');
    context.stdout.write(args.json ? `${JSON.stringify({ version: 1, builds }, null, 2)}\n` : text);
  },
};

export const imageCommand: Command = {
  command: 'image',
  describe: 'make cached images',
  subcommands: [buildCommand],
};
