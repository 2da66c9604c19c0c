import { defineCommand } from '../../define-command.js';
import { openCiPlace } from '../../open-ci-place.js';
import { parseRun } from '../../parse-run.js';

export const ciLogCommand = defineCommand({
  command: 'log <run>',
  describe: 'print the log of a run, as far as it is written',
  positionals: { run: { type: 'string', describe: 'the number of the run' } },
  sliceless: () => true,
  async run(args, context) {
    const id = parseRun(args.run);
    const { stdout } = context;
    await context.endWithReader();
    const { readJobLog } = await import('../../../ci/job/read-job-log.js');
    await openCiPlace(args, context, async ({ queue, logs }) => {
      for await (const chunk of readJobLog(await queue.find(id), logs)) stdout.write(chunk);
    });
  },
});
