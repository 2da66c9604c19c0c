import { defineCommand } from '../define-command.js';

export const tagCommand = defineCommand({
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
    const [{ inWorkplace }, { tagBuilds }, { renderMovedTags }] = await Promise.all([
      import('../in-workplace.js'),
      import('../../image/tag-builds.js'),
      import('../render/tags.js'),
    ]);
    const asked = {
      slot: args.slot,
      tags: args.tags,
      source: args.source,
      recursive: args.recursive,
    };
    const tags = await inWorkplace(args, context, async (place) =>
      tagBuilds({ ...asked, root: await place.root() }, place.verb),
    );
    renderMovedTags(tags, args, context);
  },
});
