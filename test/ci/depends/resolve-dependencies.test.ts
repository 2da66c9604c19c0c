import t from 'tap';
import type { FoundChange } from '../../../src/ci/depends/change-finder.js';
import { resolveDependencies } from '../../../src/ci/depends/resolve-dependencies.js';
import { UnmetDependency } from '../../../src/ci/depends/unmet-dependency.js';
import { patchSet } from '../ci-bench.js';

interface Fake extends Partial<FoundChange> {
  readonly number: number;
  /** What its messages name. */
  readonly on?: readonly string[];
}

const EVENT = patchSet(1);

/** Resolves what the change 1 of demo/app depends on: `on` names others by their numbers. */
async function resolve(on: readonly string[], changes: readonly Fake[]) {
  const notes: string[] = [];
  const all = changes.map(({ on: _on, ...change }): FoundChange => {
    const set = { number: 1, revision: 'b'.repeat(40), ref: `refs/changes/x/${change.number}/1` };
    return { project: 'demo/lib', branch: 'main', status: 'open', url: undefined, patchSet: set, ...change };
  });
  const messages = (names: readonly string[] = []) => names.map((name) => `Words\n\nDepends-On: ${name}\n`);
  const found = await resolveDependencies({
    ...{ event: EVENT, messages: messages(on), signal: new AbortController().signal },
    note: (line) => notes.push(line),
    messagesOf: async ({ number }) => messages(changes.find((change) => change.number === number)?.on),
    finder: {
      async find(reference) {
        if (reference.startsWith('https:')) return null;
        return all.filter(({ number }) => reference.split('+').includes(String(number)));
      },
    },
  });
  return { numbers: found.map(({ number }) => number), notes };
}

t.test('open changes are found through all that they depend on, each once; merged ones need nothing', async (t) => {
  const changes: readonly Fake[] = [
    { number: 2, on: ['3', '4'] },
    { number: 3, on: ['4'] },
    { number: 4, on: ['5'] },
    { number: 5, status: 'merged', on: ['6'] },
    { number: 6 },
  ];
  const { numbers, notes } = await resolve(['2', 'https://github.com/a/b/1', '3'], changes);
  t.strictSame(numbers, [2, 3, 4]);
  t.match(notes, ['Depends-On: demo/lib 5 is merged', /github\.com\/a\/b\/1: passed over/]);
});

t.test('of changes with one Change-Id, each project has that on our branch, else one that is open', async (t) => {
  const changes: readonly Fake[] = [
    { number: 2, branch: 'stable/1' },
    { number: 3 },
    { number: 4, project: 'demo/tool', branch: 'stable/1', status: 'merged' },
    { number: 5, project: 'demo/tool', branch: 'stable/2' },
    { number: 6, project: 'demo/doc', status: 'merged' },
    { number: 7, project: 'demo/doc', branch: 'stable/1' },
  ];
  t.strictSame((await resolve(['2+3+4+5+6+7'], changes)).numbers, [3, 5]);
});

t.test('what only a person can put right is said', async (t) => {
  const own: Fake = { number: 1, project: 'demo/app' };
  const unmet = async (message: string, on: string, ...changes: readonly Fake[]) =>
    await t.rejects(resolve([on], changes), new UnmetDependency(`Depends-On: ${message}`));
  await unmet('9: there is no such change', '9');
  await unmet('demo/lib 2 was abandoned', '2', { number: 2, status: 'abandoned' });
  const circle = 'the changes depend on each other in a circle: ';
  await unmet(`${circle}demo/app 1 → demo/app 1`, '1', own);
  await unmet(`${circle}demo/app 1 → demo/lib 2 → demo/app 1`, '2', own, { number: 2, on: ['1'] });
  await unmet(
    `${circle}demo/lib 3 → demo/lib 4 → demo/lib 3`,
    '2',
    { number: 2, on: ['3'] },
    { number: 3, on: ['4'] },
    { number: 4, on: ['3'] },
  );
  const many = Array.from({ length: 60 }, (_, index): Fake => ({ number: index + 2, on: [String(index + 3)] }));
  await unmet('these are more than 50 changes', '2', ...many);
});
