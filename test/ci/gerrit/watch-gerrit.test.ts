import t from 'tap';
import { openGerrit } from '../../../src/ci/gerrit/open-gerrit.js';
import { openSources } from '../../../src/ci/source/open-sources.js';
import { watchPlace } from '../../../src/ci/watch/watch-place.js';
import { openCiBench } from '../ci-bench.js';
import { noGerrit, TestGerrit } from './test-gerrit.js';

t.test('a patch set in Gerrit runs its job in a slice and gets its vote', { skip: noGerrit }, async (t) => {
  await using gerrit = await TestGerrit.start();
  const { settings, world: reviews } = gerrit;
  const account = [
    `host: ${settings.host}, port: ${settings.port}, user: ${settings.user}, key: ${settings.key}`,
    `known_hosts: ${settings.knownHosts}, url: '${settings.url}', password_file: ${settings.passwordFile}`,
  ].join(', ');
  const job = (code: number) =>
    `{when: [{project: sandbox, files: 'src/**'}], run: [sh, -c, 'exit ${code}'], vote: {label: Verified}}`;
  const section = `{gerrit: {${account}}, jobs: {good: ${job(0)}, bad: ${job(1)}}}`;
  await using bench = await openCiBench(t, section);
  const { ci, place, world } = bench;
  const options = { environment: {}, emit: place.verb.emit, findIds: (prefix: string) => ci.queue.eventIds(prefix) };
  await using opened = await openGerrit(ci.settings, { ...options, once: false });
  if (!opened) throw new Error('the configuration names a Gerrit');
  const files = { files: [], stdin: process.stdin, once: false };
  const sources = await openSources({ ...files, gerrit: opened.source }, ci, place);
  const watching = watchPlace(
    {
      ...{ sources, workers: 2, untilIdle: false, times: { look: 20 } },
      reporters: new Map([['gerrit', opened.reporter]]),
      reportersFor: (_job, end, event) => (opened.isTold(end, event) ? ['gerrit'] : []),
    },
    ci,
    place,
  );
  t.teardown(
    () => t.passing() || t.comment(bench.events.flatMap((event) => ('message' in event ? [event.message] : []))),
  );
  // Nothing may work with a database that is closed.
  await using _watching = {
    async [Symbol.asyncDispose]() {
      bench.ending.abort();
      await watching;
    },
  };
  await gerrit.until('a stream is open', () => gerrit.streams > 0);
  reviews.upload({ files: ['src/a.ts'] });
  reviews.upload({ files: ['README.md'] });
  await gerrit.until('both votes', () => reviews.reviews.length >= 2);
  // Somebody has read them.
  reviews.clockAhead = 60_000;
  reviews.comment(101, 'recheck');
  await gerrit.until('both votes again', () => reviews.reviews.length >= 4);
  bench.ending.abort();
  await watching;
  t.strictSame(
    reviews.reviews.map(({ change }) => change),
    [101, 101, 101, 101],
    'of the change with such files',
  );
  const votes = reviews.reviews.map(({ message = '', labels }) => [
    /\* (\w+)/.exec(message)?.[1],
    labels?.['Verified'],
  ]);
  t.strictSame(
    votes.toSorted((one, other) => String(one).localeCompare(String(other))),
    [
      ['bad', -1],
      ['bad', -1],
      ['good', 1],
      ['good', 1],
    ],
  );
  t.equal(world.domains.size, 0);
});
