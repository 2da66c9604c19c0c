import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { env } from 'node:process';
import t from 'tap';
import { gerritFinder } from '../../../src/ci/gerrit/gerrit-finder.js';
import { openGerrit } from '../../../src/ci/gerrit/open-gerrit.js';
import { writePages } from '../../../src/ci/page/write-pages.js';
import { openReporters } from '../../../src/ci/report/open-reporters.js';
import { watchPlace } from '../../../src/ci/watch/watch-place.js';
import { openCiBench } from '../ci-bench.js';
import type { WorldChange } from './gerrit-world.js';
import { noGerrit, TestGerrit } from './test-gerrit.js';
import { commit, git, makeProject, receivePush } from './test-projects.js';

/** What a job of these tests shows of what was fetched. */
const SHOW = 'cat *.txt; cd "$VIRTBS_CI_PROJECTS" && cat team/*/*.txt; echo "$VIRTBS_CI_DEPENDS" >depends.json';

/** All over ssh, too, is for `bin/test --long`. */
for (const overSsh of env['VIRTBS_TEST_LONG'] ? [false, true] : [false]) {
  t.test(
    `what a change depends on is brought along, over ${overSsh ? 'ssh' : 'http'}`,
    { skip: noGerrit },
    async (t) => {
      await using gerrit = await TestGerrit.start();
      const { settings, world } = gerrit;
      const account = [
        `host: ${settings.host}, port: ${settings.port}, user: ${settings.user}, key: ${settings.key}`,
        `known_hosts: ${settings.knownHosts}`,
        ...(overSsh ? [] : [`url: '${settings.url}', password_file: ${settings.passwordFile}`]),
      ].join(', ');
      const job = `{when: [{project: team/app}], checkout: {}, run: [sh, -c, '${SHOW}'], vote: {}}`;
      await using bench = await openCiBench(t, `{gerrit: {${account}}, jobs: {v: ${job}}}`);
      const { ci, place } = bench;
      const options = {
        environment: {},
        emit: place.verb.emit,
        findIds: (prefix: string) => ci.queue.eventIds(prefix),
      };
      await using opened = await openGerrit(ci.settings, { ...options, once: false });
      if (!opened) throw new Error('the configuration names a Gerrit');
      const watching = watchPlace(
        {
          ...{ sources: [opened.source], workers: 1, untilIdle: false, times: { look: 20 } },
          ...(await openReporters(opened, ci, place)),
        },
        ci,
        place,
      );
      t.teardown(
        () => t.passing() || t.comment(bench.events.flatMap((event) => ('message' in event ? [event.message] : []))),
      );
      await using _watching = {
        async [Symbol.asyncDispose]() {
          bench.ending.abort();
          await watching;
        },
      };
      await gerrit.until('a stream is open', () => gerrit.streams > 0);
      const app = await makeProject(gerrit, 'team/app', { 'app.txt': 'app\n' });
      const lib = await makeProject(gerrit, 'team/lib', { 'lib.txt': 'lib\n' });
      const tool = await makeProject(gerrit, 'team/tool', { 'tool.txt': 'tool\n' });
      const upload = async (
        clone: string,
        message: string,
        files: Readonly<Record<string, string>>,
      ): Promise<WorldChange> => {
        await git(clone, 'checkout', '--quiet', '--detach', 'origin/main');
        await commit(clone, message, files);
        await git(clone, 'push', '--quiet', 'origin', 'HEAD:refs/for/main');
        const [change] = await receivePush(gerrit, clone.slice(gerrit.folder.length + '/clones/'.length));
        if (!change) throw new Error('it was not pushed');
        return change;
      };
      /** Uploads a change of the app, and waits for what is said of it. */
      const outcomeOf = async (
        message: string,
        files: Readonly<Record<string, string>> = { 'own.txt': 'own\n' },
      ): Promise<{ readonly said: string; readonly votes: unknown; readonly run: number }> => {
        const { number } = await upload(app, message, files);
        await gerrit.until(message, () => world.reviews.some(({ change }) => change === number));
        const review = world.reviews.find(({ change }) => change === number);
        const run = (await ci.queue.list('all')).find(({ event }) => event.change?.number === number);
        return { said: review?.message ?? '', votes: review?.labels, run: run?.id ?? 0 };
      };
      const page = ({ project, number }: WorldChange): string => `https://review.example.org/c/${project}/+/${number}`;

      const merged = await upload(tool, 'Merged', {});
      world.end(merged.number, 'MERGED');
      const ofTool = await upload(tool, `Tool\n\nDepends-On: ${page(merged)}`, { 'tool.txt': 'new tool\n' });
      const ofLib = await upload(lib, `Lib\n\nDepends-On: ${ofTool.changeId}`, { 'lib.txt': 'new lib\n' });
      const ofApp = await upload(app, 'App', { 'more.txt': 'more\n' });
      await gerrit.until('its own vote', () => world.reviews.length === 1);
      const message = `Own\n\nDepends-On: ${page(ofLib)}\nDepends-On: ${ofApp.changeId}\nDepends-On: https://github.com/a/b/1`;
      const good = await outcomeOf(message);
      t.strictSame(good.votes, { Verified: 1 }, good.said);
      const depends = [ofLib, ofTool, ofApp];
      const names = depends.map(({ project, number }) => `Depends on ${project} ${number},1`);
      t.match(good.said, names.map((name) => `  ${name}`).join('\n'));
      const log = await readFile(join(ci.logs, String(good.run), 'job.log'), 'utf8');
      for (const line of ['app', 'own', 'more', 'new lib', 'new tool']) t.match(log, `Z   ${line}\n`);
      t.match(log, /github\.com\/a\/b\/1: passed over/);
      t.match(
        (await ci.queue.find(good.run)).depends,
        depends.map(({ project, number }) => ({ project, change: number, patchSet: 1, branch: 'main' })),
      );
      await writePages({ store: ci.store, folder: ci.logs });
      t.match(await readFile(join(ci.logs, String(good.run), 'index.html'), 'utf8'), `>team/lib ${ofLib.number},1</a>`);

      const hindered = async (text: string, files?: Readonly<Record<string, string>>): Promise<string> => {
        const { said, votes, run } = await outcomeOf(text, files);
        t.strictSame([votes, (await ci.queue.find(run)).outcome], [undefined, 'skipped'], said);
        t.match(said, /^Build ended without a result: skipped\. This is no vote\./);
        return said;
      };
      const gone = await upload(lib, 'Gone', {});
      world.end(gone.number, 'ABANDONED');
      t.match(await hindered(`A\n\nDepends-On: ${page(gone)}`), `Depends-On: team/lib ${gone.number} was abandoned`);
      const clash = `C\n\nDepends-On: ${page(ofApp)}`;
      t.match(
        await hindered(clash, { 'more.txt': 'other\n' }),
        `team/app ${ofApp.number},1, which it depends on: conflict in more.txt`,
      );
    },
  );
}

t.test('over ssh, changes are found by their number and by their Change-Id', { skip: noGerrit }, async (t) => {
  await using gerrit = await TestGerrit.start();
  const { settings, world } = gerrit;
  const { url: _url, ...overSsh } = settings;
  const finder = gerritFinder({ gerrit: overSsh }, {});
  const { signal } = new AbortController();
  const one = world.upload({ project: 'team/lib' });
  world.upload({ project: 'team/lib' });
  const { number, changeId, patchSets } = one;
  const [{ revision, ref } = { revision: '', ref: '' }] = patchSets;
  const found = [{ project: 'team/lib', number, status: 'open', patchSet: { number: 1, revision, ref } }];
  for (const reference of [`http://127.0.0.1/${number}`, changeId]) {
    t.match(await finder?.find(reference, undefined, signal), found, reference);
  }
  t.strictSame(await finder?.find('http://127.0.0.1/9999', undefined, signal), []);
  t.equal(await finder?.find('https://elsewhere.example.org/101', undefined, signal), null);
});
