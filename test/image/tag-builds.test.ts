import { rm } from 'node:fs/promises';
import t from 'tap';
import { buildDirectory, rootPaths } from '../../src/filenames.js';
import { tagBuilds } from '../../src/image/tag-builds.js';
import { listTags, readTag } from '../../src/image/tags.js';
import { untagBuilds } from '../../src/image/untag-builds.js';
import { buildId, openLibraryBench, type LibraryBench } from './library-bench.js';
import { listTree } from './list-tree.js';
import { virtbsFailure } from './virtbs-failure.js';

const tag = async ({ root, context }: LibraryBench, slot: string, tags: readonly string[], more = {}) =>
  await tagBuilds({ root, slot, tags, source: 'default', recursive: false, ...more }, context);

const untag = async ({ root, context }: LibraryBench, slot: string, ...tags: readonly string[]) =>
  await untagBuilds({ root, slot, tags, dryRun: false, recipes: async () => ({ base: { mini: {} } }) }, context);

t.test('a tag follows another, moves, and is set twice without harm', async (t) => {
  const bench = openLibraryBench(t);
  const { root, add } = bench;
  const old = await add({ slot: 'base', id: 'a1' });
  const build = await add({ slot: 'base', id: 'a2', tags: ['default'] });
  t.strictSame(await tag(bench, 'base', ['passed', 'good', 'passed']), [
    { slot: 'base', tag: 'passed', build, previous: null },
    { slot: 'base', tag: 'good', build, previous: null },
  ]);
  const once = await listTree(rootPaths(root).images);
  t.match(await tag(bench, 'base', ['passed']), [{ previous: build }]);
  t.strictSame(await listTree(rootPaths(root).images), once);
  t.match(await tag(bench, 'base', ['passed'], { source: old }), [{ build: old, previous: build }]);
  t.match(await tag(bench, 'base', ['stable'], { source: 'passed' }), [{ build: old, previous: null }]);
});

t.test('with --recursive what a build stands on has the tag, too, each in its slot', async (t) => {
  const bench = openLibraryBench(t);
  const { root, add } = bench;
  await add({ slot: 'base', id: 'a1' });
  await add({ slot: 'base', id: 'a2', tags: ['default'] });
  await add({ slot: 'tools', id: 'b1', base: { slot: 'base', id: 'a1' }, tags: ['default'] });
  await add({ slot: 'app', id: 'c1', base: { slot: 'tools', id: 'b1' }, tags: ['default'] });
  await tag(bench, 'app', ['passed'], { recursive: true });
  t.strictSame(await Promise.all(['app', 'tools', 'base'].map((slot) => readTag(root, slot, 'passed'))), [
    buildId('c1'),
    buildId('b1'),
    buildId('a1'),
  ]);
  const twice = await add({ slot: 'app', id: 'c2', base: { slot: 'app', id: 'c1' } });
  const moved = await tag(bench, 'app', ['twice'], { recursive: true, source: twice });
  t.strictSame(
    moved.map(({ slot, build }) => [slot, build]),
    [
      ['app', twice],
      ['tools', buildId('b1')],
      ['base', buildId('a1')],
    ],
    'of two in one slot the nearest',
  );
  await rm(buildDirectory(root, 'base', buildId('a1')), { recursive: true });
  t.match(await virtbsFailure(tag(bench, 'app', ['later'], { recursive: true })), {
    code: 'image-unknown',
    message: /image base has no build "a1/,
  });
  t.strictSame(
    await listTags(root, 'app'),
    ['default', 'passed', 'twice'],
    'all is looked up before the first tag is set',
  );
});

t.test('names that are none, "default" and what looks like a build are refused', async (t) => {
  const bench = openLibraryBench(t);
  const { root, add } = bench;
  const build = await add({ slot: 'base', id: 'a1', tags: ['default', 'passed'] });
  for (const [name, message] of [
    ['default', /tag "default" cannot be set: it moves with the recipe/],
    ['../x', /"\.\.\/x" is not a tag name/],
    ['', /"" is not a tag name/],
    [build, /looks like a build/],
  ] as const) {
    t.match(await virtbsFailure(tag(bench, 'base', ['fine', name])), { code: 'usage', exitCode: 2, message });
  }
  t.match(await virtbsFailure(tag(bench, 'bsae', ['x'])), { code: 'image-unknown', message: /did you mean "base"/ });
  t.match(await virtbsFailure(tag(bench, 'base', ['x'], { source: 'pased' })), { message: /did you mean "passed"/ });
  await rm(buildDirectory(root, 'base', build), { recursive: true });
  t.match(await virtbsFailure(tag(bench, 'base', ['x'])), { code: 'image-unknown', message: /has no build/ });
  t.strictSame(await listTags(root, 'base'), ['default', 'passed']);
});

t.test('a tag that is removed is gone, "default" only where nothing would set it again', async (t) => {
  const bench = openLibraryBench(t);
  const { root, add } = bench;
  const build = await add({ slot: 'base', id: 'a1', tags: ['default', 'passed'] });
  await add({ slot: 'left', id: 'b1', tags: ['default'] });
  t.strictSame(await untag(bench, 'base', 'passed', 'nothing'), [
    { slot: 'base', tag: 'passed', build },
    { slot: 'base', tag: 'nothing', build: null },
  ]);
  t.match(await virtbsFailure(untag(bench, 'base', 'default')), {
    code: 'usage',
    message: /tag "default" of base cannot be removed/,
    hint: /virtbs image rm base:default/,
  });
  t.strictSame(await listTags(root, 'base'), ['default']);
  await untag(bench, 'left', 'default');
  t.strictSame(await listTags(root, 'left'), []);
  t.match(await virtbsFailure(untag(bench, 'bsae', 'x')), { code: 'image-unknown' });
});
