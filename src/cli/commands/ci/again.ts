import { defineCommand } from '../../define-command.js';
import { openCiPlace } from '../../open-ci-place.js';
import { parseRun } from '../../parse-run.js';

export const ciAgainCommand = defineCommand({
  command: 'again <run>',
  describe: 'queue a run once more, for the same event; it is reported as the first one was',
  positionals: { run: { type: 'string', describe: 'the number of the run' } },
  sliceless: () => true,
  async run(args, context) {
    const id = parseRun(args.run);
    const [{ renderRun }, { summarizeRun }] = await Promise.all([
      import('../../render/ci.js'),
      import('../../../ci/queue/run-summary.js'),
    ]);
    await openCiPlace(args, context, async ({ queue }) =>
      renderRun(summarizeRun(await queue.again(id)), args, context),
    );
  },
});
