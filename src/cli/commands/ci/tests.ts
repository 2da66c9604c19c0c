import { VirtbsError } from '../../../errors.js';
import { defineCommand } from '../../define-command.js';
import { openCiPlace } from '../../open-ci-place.js';
import { parseDuration } from '../../parse-duration.js';

export const ciTestsCommand = defineCommand({
  command: 'tests [part]',
  describe:
    'show how often tests pass and how long they take, for each job and branch; those that failed most come first',
  positionals: { part: { type: 'string', describe: 'a part of the names of tests' } },
  options: {
    flaky: {
      type: 'boolean',
      default: false,
      describe: 'only tests that passed and failed with one revision, or turned back and forth',
    },
    slow: { type: 'boolean', default: false, describe: 'those first that take longest when they pass' },
    job: { type: 'string', requiresArg: true, describe: 'only this job' },
    branch: { type: 'string', requiresArg: true, describe: 'only this branch' },
    since: { type: 'string', requiresArg: true, default: '90d', describe: 'only runs of so long a time until now' },
    limit: { type: 'string', requiresArg: true, default: '50', describe: 'the most tests that are shown' },
  },
  sliceless: () => true,
  examples: [['$0 ci tests --flaky --since 14d', 'what failed by chance in the last two weeks']],
  check({ flaky, slow, limit, since }) {
    if (flaky && slow) throw new VirtbsError('usage', '--flaky and --slow: give one of them');
    if (!/^[1-9]\d{0,5}$/.test(limit))
      throw new VirtbsError('usage', `--limit ${JSON.stringify(limit)}: it is no number from 1 to 999999`);
    parseDuration('--since', since);
  },
  async run(args, context) {
    const { part: match, flaky, slow, job, branch } = args;
    const [{ testStatistics }, { renderTests }] = await Promise.all([
      import('../../../ci/results/test-statistics.js'),
      import('../../render/ci-tests.js'),
    ]);
    const since = new Date(Date.now() - parseDuration('--since', args.since)).toISOString();
    const order = flaky ? 'flaky' : slow ? 'slow' : 'failures';
    await openCiPlace(args, context, async ({ store }) => {
      const tests = await testStatistics(store, { order, since, job, branch, match, limit: Number(args.limit) });
      renderTests({ version: 1, tests }, args, context);
    });
  },
});
