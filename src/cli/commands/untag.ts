import { dryRunOption } from '../dry-run-option.js';
import { defineCommand } from '../define-command.js';

export const untagCommand = defineCommand({
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
  options: { 'dry-run': dryRunOption('removed') },
  async run(args, context) {
    const [{ inWorkplace }, { untagBuilds }, { renderRemovedTags }] = await Promise.all([
      import('../in-workplace.js'),
      import('../../image/untag-builds.js'),
      import('../render/tags.js'),
    ]);
    const asked = { slot: args.slot, tags: args.tags, dryRun: args.dryRun };
    const removed = await inWorkplace(args, context, async (place) => {
      const recipes = async () => (await place.configuration()).imageFlow;
      return await untagBuilds({ ...asked, root: await place.root(), recipes }, place.verb);
    });
    renderRemovedTags({ version: 1, dryRun: args.dryRun, tags: removed }, args, context);
  },
});
