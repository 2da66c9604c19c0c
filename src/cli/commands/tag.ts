import type { Command } from '../command.js';
import { stringList } from '../string-list.js';

export const tagCommand: Command = {
  command: 'tag <slot> <tags..>',
  describe: 'let tags point to a build of an image, for roles that ask for image_tag',
  positionals: {
    slot: { type: 'string', describe: 'image slot' },
    tags: { type: 'string', array: true, describe: 'names; an existing tag is moved' },
  },
  options: {
    source: {
      type: 'string',
      default: 'default',
      requiresArg: true,
      describe: 'the tag that points to the build, or the id of the build',
    },
    recursive: { type: 'boolean', default: false, describe: 'tag the builds that it stands on, too, each in its slot' },
  },
  examples: [['$0 tag debian passed', 'what debian is today stays known as debian:passed']],
  async run(args, context) {
    const [{ resolveRoot }, { tagBuilds }, { createReporter }, { renderMovedTags }] = await Promise.all([
      import('../resolve-root.js'),
      import('../../image/tag-builds.js'),
      import('../render/reporter.js'),
      import('../render/tags.js'),
    ]);
    const root = await resolveRoot(args, context);
    using reporter = createReporter(args, context);
    const tags = await tagBuilds(
      {
        root,
        slot: String(args['slot']),
        tags: stringList(args['tags']),
        source: String(args['source']),
        recursive: args['recursive'] === true,
      },
      { emit: reporter.emit, signal: context.signal },
    );
    reporter[Symbol.dispose]();
    renderMovedTags(tags, args, context);
  },
};
