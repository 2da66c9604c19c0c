import { defineCommand } from '../define-command.js';
import { parseDuration } from '../parse-duration.js';
import { parseSlice } from '../parse-slice.js';
import { timeoutOption } from '../timeout-option.js';

export const tagactiveCommand = defineCommand({
  command: 'tagactive <tags..>',
  describe: 'let tags point to the builds that the slice runs on now, each in its slot',
  positionals: { tags: { type: 'string', array: true, describe: 'names; an existing tag is moved' } },
  options: { timeout: timeoutOption('works on the slice') },
  examples: [['$0 -s 1 tagactive passed', 'after its tests: the next cycle roles,passed uses the same builds']],
  async run(args, context) {
    const slice = parseSlice(args.slice);
    const lockTimeout = parseDuration('--timeout', args.timeout);
    const [{ inWorkplace }, { tagActive }, { renderMovedTags }] = await Promise.all([
      import('../in-workplace.js'),
      import('../../slice/tag-active.js'),
      import('../render/tags.js'),
    ]);
    const asked = { tags: args.tags, lockTimeout };
    const tags = await inWorkplace(args, context, async (place) =>
      tagActive({ ...asked, ...(await place.standing(slice)) }, place.verb),
    );
    renderMovedTags(tags, args, context);
  },
});
