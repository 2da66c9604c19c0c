import type { Place } from './place.js';
import type { Tree, TreeEntry } from './tree.js';

/**
 * Lays one tree over another: maps are merged key by key, lists and scalars are replaced. A map that was written
 * without content (`debian:`) stands for an empty one and therefore takes nothing away.
 *
 * A map has the place of the last file that has a part of it; an option for one value inside is no place for the whole.
 */
export function mergeTrees(base: Tree, over: Tree): Tree {
  if (base.kind !== 'map') return over;
  if (over.kind === 'scalar' && over.value === null) return base;
  if (over.kind !== 'map') return over;
  const entries = new Map<string, TreeEntry>(base.entries);
  for (const [key, entry] of over.entries) {
    const below = entries.get(key);
    entries.set(key, below ? mergeEntries(below, entry) : entry);
  }
  return { kind: 'map', place: placeOfBoth(base.place, over.place), entries };
}

function mergeEntries(below: TreeEntry, entry: TreeEntry): TreeEntry {
  const tree = mergeTrees(below.tree, entry.tree);
  const isMerged = tree.kind === 'map' && below.tree.kind === 'map';
  return { key: isMerged ? placeOfBoth(below.key, entry.key) : entry.key, tree };
}

function placeOfBoth(base: Place, over: Place): Place {
  return over.override === undefined ? over : base;
}
