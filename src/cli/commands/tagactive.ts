import type { Command } from '../command.js';
import { parseDuration } from '../parse-duration.js';
import { parseSlice } from '../parse-slice.js';
import { stringList } from '../string-list.js';
import { timeoutOption } from '../timeout-option.js';

export const tagactiveCommand: Command = {
  command: 'tagactive <tags..>',
  describe: 'let tags point to the builds that the slice runs on now, each in its slot',
  positionals: { tags: { type: 'string', array: true, describe: 'names; an existing tag is moved' } },
  options: { timeout: timeoutOption('works on the slice') },
  examples: [['$0 -s 1 tagactive passed', 'after its tests: the next cycle roles,passed uses the same builds']],
  async run(args, context) {
    const slice = parseSlice(args.slice);
    const timeout = parseDuration('--timeout', String(args['timeout']));
    const [{ resolveRoot }, { tagActive }, { openChosenDriver }, { createReporter }, { renderMovedTags }] =
      await Promise.all([
        import('../resolve-root.js'),
        import('../../slice/tag-active.js'),
        import('../open-chosen-driver.js'),
        import('../render/reporter.js'),
        import('../render/tags.js'),
      ]);
    const root = await resolveRoot(args, context);
    using reporter = createReporter(args, context);
    await using driver = await openChosenDriver(args, context, { root, emit: reporter.emit });
    const tags = await tagActive(
      { slice, driver, root, tags: stringList(args['tags']), timeout },
      { emit: reporter.emit, signal: context.signal },
    );
    reporter[Symbol.dispose]();
    renderMovedTags(tags, args, context);
  },
};
