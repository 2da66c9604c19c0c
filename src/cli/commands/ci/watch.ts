import { VirtbsError } from '../../../errors.js';
import { defineCommand } from '../../define-command.js';

export const ciWatchCommand = defineCommand({
  command: 'watch',
  describe: 'take events, run jobs and report them, until it is ended; what is not done then is done at the next start',
  options: {
    events: {
      type: 'string',
      array: true,
      nargs: 1,
      default: [],
      defaultDescription: 'none',
      describe: 'take events of a file or a pipe, one a line, as JSON; =- for standard input; repeatable',
    },
    workers: { type: 'string', requiresArg: true, describe: 'jobs that are run at once; as ci.workers says' },
    once: {
      type: 'boolean',
      default: false,
      describe: 'end when there are no more events, and all is done and reported',
    },
  },
  sliceless: () => true,
  examples: [
    ['$0 ci watch', 'all that ci in virtbs.yaml says, in the foreground'],
    ['$0 ci watch --once --events events.jsonl', 'the events of a file'],
  ],
  async run(args, context) {
    const workers = parseWorkers(args.workers);
    const [
      { inWorkplace },
      { openCi },
      { openSources },
      { watchPlace },
      { openGerrit },
      { keepPages },
      { openReporters },
      { serveMetrics },
    ] = await Promise.all([
      import('../../in-workplace.js'),
      import('../../../ci/open-ci.js'),
      import('../../../ci/source/open-sources.js'),
      import('../../../ci/watch/watch-place.js'),
      import('../../../ci/gerrit/open-gerrit.js'),
      import('../../../ci/page/keep-pages.js'),
      import('../../../ci/report/open-reporters.js'),
      import('../../../ci/serve-metrics.js'),
    ]);
    // To be told to end is how it ends.
    context.expectInterrupt();
    const { once: untilIdle } = args;
    await inWorkplace(args, context, async (place) => {
      await using ci = await openCi(place, process.pid, { isPatient: true });
      await using gerrit = await openGerrit(ci.settings, {
        environment: place.settings.env,
        emit: place.verb.emit,
        findIds: (prefix) => ci.queue.eventIds(prefix),
        once: untilIdle,
      });
      const warn = (message: string): void => place.verb.emit({ type: 'warning', message });
      await using pages = keepPages({ store: ci.store, folder: ci.logs, warn, every: 5000 });
      const { metrics } = ci.settings;
      await using _metrics = metrics === undefined ? undefined : await serveMetrics(ci.store, metrics);
      const files = { files: args.events, stdin: context.stdin, once: untilIdle };
      const sources = await openSources({ ...files, gerrit: gerrit?.source }, ci, place);
      await watchPlace(
        {
          ...{ sources, untilIdle, workers: workers ?? ci.settings.workers },
          onChange: pages.touch,
          ...(await openReporters(gerrit, ci, place)),
        },
        ci,
        place,
      );
    });
  },
});

function parseWorkers(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text);
  throw new VirtbsError('usage', `--workers ${JSON.stringify(text)}: it is no number from 1 to 999`);
}
