import type { Place } from './place.js';
import type { ScalarTree, Tree } from './tree.js';

/** A place in the one file: line and column. */
type Spot = readonly [line: number, column: number];

/** A tree of one file as JSON. */
export type PackedTree =
  | { readonly at: Spot; readonly value: ScalarTree['value'] }
  | { readonly at: Spot; readonly items: readonly PackedTree[] }
  | { readonly at: Spot; readonly entries: readonly PackedEntry[] };

type PackedEntry = readonly [name: string, key: Spot, tree: PackedTree];

export function packTree(tree: Tree): PackedTree {
  const at = spotOf(tree.place);
  if (tree.kind === 'scalar') return { at, value: tree.value };
  if (tree.kind === 'list') return { at, items: tree.items.map(packTree) };
  return {
    at,
    entries: [...tree.entries].map(([name, { key, tree: child }]) => [name, spotOf(key), packTree(child)] as const),
  };
}

/** @param source what the file is shown as */
export function unpackTree(packed: PackedTree, source: string): Tree {
  const place = placeAt(packed.at, source);
  if ('value' in packed) return { kind: 'scalar', place, value: packed.value };
  if ('items' in packed) return { kind: 'list', place, items: packed.items.map((item) => unpackTree(item, source)) };
  const entries = packed.entries.map(
    ([name, key, child]) => [name, { key: placeAt(key, source), tree: unpackTree(child, source) }] as const,
  );
  return { kind: 'map', place, entries: new Map(entries) };
}

function spotOf({ line = 1, column = 1 }: Place): Spot {
  return [line, column];
}

function placeAt([line, column]: Spot, source: string): Place {
  return { source, line, column };
}
