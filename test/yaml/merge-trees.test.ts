import * as fc from 'fast-check';
import t from 'tap';
import { mergeMaps } from '../../src/config/merge-maps.js';
import { mergeTrees } from '../../src/yaml/merge-trees.js';
import { treeValue, type Tree } from '../../src/yaml/tree.js';

const PLACE = { source: 'a.yaml', line: 1, column: 1 };

/** Keys decide the kind of their value, as a schema does: a map is never laid over a scalar. */
const map = fc.letrec<{ map: object }>((tie) => ({
  map: fc.record(
    {
      size: fc.integer(),
      constructor: fc.string(),
      nets: fc.array(fc.string(), { maxLength: 3 }),
      root: fc.option(tie('map'), { depthSize: 'small' }),
      data: fc.option(tie('map'), { depthSize: 'small' }),
    },
    { requiredKeys: [] },
  ),
})).map;

t.test('laying maps over each other is associative, places and order of keys included', (t) => {
  fc.assert(
    fc.property(map, map, map, (one, two, three) => {
      const [a, b, c] = [toTree(one, 'a'), toTree(two, 'b'), toTree(three, 'c')];
      return show(mergeTrees(mergeTrees(a, b), c)) === show(mergeTrees(a, mergeTrees(b, c)));
    }),
    { seed: 4, numRuns: 500 },
  );
  t.end();
});

t.test('an empty map changes nothing, on either side', (t) => {
  fc.assert(
    fc.property(map, (one) => {
      const values = JSON.stringify(treeValue(toTree(one, 'a')));
      const over = treeValue(mergeTrees(toTree(one, 'a'), toTree({}, 'b')));
      const under = treeValue(mergeTrees(toTree({}, 'b'), toTree(one, 'a')));
      return JSON.stringify(over) === values && JSON.stringify(under) === values;
    }),
    { seed: 5 },
  );
  t.end();
});

t.test('merging whole roles gives what merging files gives', (t) => {
  const full = map.map((value) => JSON.parse(JSON.stringify(value, (_, child: unknown) => child ?? {})) as object);
  fc.assert(
    fc.property(full, full, (one, two) => {
      const files = treeValue(mergeTrees(toTree(one, 'a'), toTree(two, 'b')));
      return JSON.stringify(mergeMaps(one, two)) === JSON.stringify(files);
    }),
    { seed: 6 },
  );
  t.end();
});

t.test('lists and scalars are replaced, and each value keeps its own place', (t) => {
  const base = toTree({ nets: ['net', 'data'], size: 1, root: { size: 1, nets: [] } }, 'base');
  const merged = mergeTrees(base, toTree({ nets: ['net'], root: { size: 2 } }, 'over'));
  t.same(treeValue(merged), { nets: ['net'], size: 1, root: { size: 2, nets: [] } });
  t.match(show(merged), /"size".*base.*"root"/);
  t.same(
    treeValue(base),
    { nets: ['net', 'data'], size: 1, root: { size: 1, nets: [] } },
    'the lower one is unchanged',
  );
  t.end();
});

function toTree(value: unknown, source: string): Tree {
  const place = { ...PLACE, source };
  if (Array.isArray(value)) return { kind: 'list', place, items: value.map((item) => toTree(item, source)) };
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(
      ([key, child]) => [key, { key: place, tree: toTree(child, source) }] as const,
    );
    return { kind: 'map', place, entries: new Map(entries) };
  }
  return { kind: 'scalar', place, value: typeof value === 'number' || typeof value === 'string' ? value : null };
}

function show(tree: Tree): string {
  return JSON.stringify(tree, (_, value: unknown) => (value instanceof Map ? [...value] : value));
}
