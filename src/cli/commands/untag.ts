import type { Command } from '../command.js';
import { stringList } from '../string-list.js';

export const untagCommand: Command = {
  command: 'untag <slot> <tags..>',
  describe: 'remove tags of an image; its builds stay until image gc',
  positionals: {
    slot: { type: 'string', describe: 'image slot' },
    tags: {
      type: 'string',
      array: true,
      describe: 'names; "default" only where the configuration has no such slot any more',
    },
  },
  async run(args, context) {
    const [{ resolveRoot }, { untagBuilds }, { createReporter }, { renderRemovedTags }] = await Promise.all([
      import('../resolve-root.js'),
      import('../../image/untag-builds.js'),
      import('../render/reporter.js'),
      import('../render/tags.js'),
    ]);
    const root = await resolveRoot(args, context);
    using reporter = createReporter(args, context);
    const recipes = async () => (await (await import('../load-plan.js')).loadConfigurationFor(args, context)).imageFlow;
    const tags = await untagBuilds(
      { root, slot: String(args['slot']), tags: stringList(args['tags']), recipes },
      { emit: reporter.emit, signal: context.signal },
    );
    reporter[Symbol.dispose]();
    renderRemovedTags(tags, args, context);
  },
};
