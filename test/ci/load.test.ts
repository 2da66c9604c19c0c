import { env } from 'node:process';
import t from 'tap';
import { watchPlace } from '../../src/ci/watch/watch-place.js';
import { openCiBench, patchSet, sourceOf } from './ci-bench.js';

/** Events in a burst, and jobs of `true` on the in-memory driver. `bin/test --long` takes 10,000 and 1,000. */
const [EVENTS, JOBS] = env['VIRTBS_TEST_LONG'] ? [10_000, 1000] : [1000, 20];

t.test(`of ${EVENTS} events in a burst ${JOBS} are run, each once, and nothing is lost`, async (t) => {
  const rule = '[{project: demo/app}]';
  await using bench = await openCiBench(t, `{jobs: {verify: {when: ${rule}, run: ['true']}}}`, 16);
  const { ci, place, world } = bench;
  const events = Array.from({ length: EVENTS }, (_, index) =>
    patchSet(index + 1, 1, index % (EVENTS / JOBS) === 0 ? {} : { project: 'demo/other' }),
  );
  const seen: number[] = [];
  await watchPlace(
    {
      ...{ sources: [sourceOf([...events, ...events])], workers: 8, untilIdle: true },
      reporters: new Map([
        [
          'test',
          {
            report: async ({ event }) => {
              seen.push(event.change?.number ?? 0);
              return 'reported' as const;
            },
          },
        ],
      ]),
      reportersFor: () => ['test'],
    },
    ci,
    place,
  );
  const wanted = events.flatMap(({ project, change }) => (project === 'demo/app' ? [change?.number ?? 0] : []));
  t.strictSame(await ci.store.first('SELECT count(*) AS n FROM events'), { n: EVENTS });
  t.strictSame(await ci.store.all('SELECT outcome, count(*) AS n FROM job_runs GROUP BY outcome'), [
    { outcome: 'passed', n: JOBS },
  ]);
  t.strictSame(
    seen.sort((one, two) => one - two),
    wanted,
  );
  t.equal(world.domains.size, 0);
  t.comment(`memory: ${Math.round(process.memoryUsage().rss / 1024 ** 2)} MiB`);
});
