import type { Place } from './place.js';

/** A YAML text as it was written: every value with its place. Immutable, so that aliases may share parts. */
export type Tree = MapTree | ListTree | ScalarTree;

export interface MapTree {
  readonly kind: 'map';
  readonly place: Place;
  readonly entries: ReadonlyMap<string, TreeEntry>;
}

export interface TreeEntry {
  /** The place of the key. */
  readonly key: Place;
  readonly tree: Tree;
}

export interface ListTree {
  readonly kind: 'list';
  readonly place: Place;
  readonly items: readonly Tree[];
}

export interface ScalarTree {
  readonly kind: 'scalar';
  readonly place: Place;
  readonly value: string | number | boolean | null;
}

export type TreePath = readonly (string | number)[];

/** The values without their places. Maps have no prototype, so that no key is special. */
export function treeValue(tree: Tree): unknown {
  if (tree.kind === 'scalar') return tree.value;
  if (tree.kind === 'list') return tree.items.map(treeValue);
  const value = Object.create(null) as Record<string, unknown>;
  for (const [key, entry] of tree.entries) value[key] = treeValue(entry.tree);
  return value;
}

/** The entries of the map at a path; none where there is no map. */
export function treeEntries(tree: Tree, path: readonly string[]): ReadonlyMap<string, TreeEntry> {
  const found = treeAt(tree, path);
  return found?.kind === 'map' ? found.entries : new Map();
}

export function treeAt(tree: Tree, path: readonly string[]): Tree | undefined {
  let found: Tree | undefined = tree;
  for (const key of path) found = found?.kind === 'map' ? found.entries.get(key)?.tree : undefined;
  return found;
}

/**
 * The place of what is at a path: the value itself where it is a scalar or the item of a list, the key in front of it where it
 * is a map or a list. Where the path leads nowhere, the place of the last part of it that exists.
 */
export function treePlace(tree: Tree, path: TreePath): Place {
  let place = tree.place;
  let current = tree;
  for (const step of path) {
    const next = childOf(current, step);
    if (!next) break;
    place = next.tree.kind === 'scalar' ? next.tree.place : next.key;
    current = next.tree;
  }
  return place;
}

/** The place of the key at the end of a path. */
export function keyPlace(tree: Tree, path: TreePath): Place {
  const parent = path.slice(0, -1).reduce<Tree | undefined>((found, step) => found && childOf(found, step)?.tree, tree);
  const last = path.at(-1);
  return (parent && last !== undefined && childOf(parent, last)?.key) || treePlace(tree, path);
}

function childOf(tree: Tree, step: string | number): TreeEntry | undefined {
  if (tree.kind === 'map') return tree.entries.get(String(step));
  const item = tree.kind === 'list' ? tree.items[Number(step)] : undefined;
  return item && { key: item.place, tree: item };
}
