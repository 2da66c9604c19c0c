import type { ConfigurationEntry } from './configuration.js';
import { showPlace } from '../yaml/place.js';
import { treeValue, type Tree } from '../yaml/tree.js';

/** Every single value, list and empty map of a tree. A map without content (`debian:`) is an empty one. */
export function listEntries(tree: Tree): readonly ConfigurationEntry[] {
  return [...walk(tree, [])];
}

function* walk(tree: Tree, path: readonly string[]): Generator<ConfigurationEntry> {
  if (tree.kind === 'map' && tree.entries.size > 0) {
    for (const [key, entry] of tree.entries) yield* walk(entry.tree, [...path, key]);
    return;
  }
  if (path.length === 0) return;
  yield { path, value: treeValue(tree) ?? {}, source: showPlace(tree.place) };
}
