import { VirtbsError } from '../errors.js';
import type { Problem } from '../yaml/problem.js';
import { treeEntries, type MapTree, type ScalarTree, type Tree, type TreeEntry } from '../yaml/tree.js';
import { readRoleWord, splitTopology } from './topology-words.js';

export interface SpreadTopology {
  readonly tree: Tree;
  readonly problems: readonly Problem[];
}

/** The short keys at the top of a file that stand for keys of section `topology`. */
const SHORT = ['layers', 'vms'] as const;

/**
 * Returns a file with its short ways to ask for VMs written out: `layers` and `vms` at the top are keys of section `topology`, and
 * a topology in words (`controller:1 worker:2`) is its `roles`. Every value keeps its place.
 */
export function spreadTopology(tree: Tree): SpreadTopology {
  if (tree.kind !== 'map') return { tree, problems: [] };
  const entries = new Map(tree.entries);
  const problems: Problem[] = [];
  const topology = entries.get('topology');
  if (topology && topology.tree.kind !== 'map') {
    const { map, problems: wrong } = readWords(topology.tree);
    problems.push(...wrong);
    entries.set('topology', { ...topology, tree: map });
  }
  for (const key of SHORT) {
    const entry = entries.get(key);
    if (!entry) continue;
    entries.delete(key);
    const whole = entries.get('topology');
    const inner = treeEntries(whole?.tree ?? tree, []);
    if (whole && inner.has(key)) {
      problems.push({ place: entry.key, what: `"${key}" stands twice: here, and in section "topology"` });
    }
    const spread = { ...entry, tree: key === 'layers' ? spreadLayers(entry.tree) : entry.tree };
    const place = whole?.tree.place ?? entry.key;
    const map: MapTree = { kind: 'map', place, entries: new Map([...(whole ? inner : []), [key, spread]]) };
    entries.set('topology', { key: whole?.key ?? entry.key, tree: map });
  }
  return { tree: { ...tree, entries }, problems };
}

/** Returns `roles,debian` as a list; anything else as it is. */
function spreadLayers(tree: Tree): Tree {
  if (tree.kind !== 'scalar' || typeof tree.value !== 'string') return tree;
  const items = tree.value.split(',').map((layer): ScalarTree => ({ ...tree, value: layer.trim() }));
  return { kind: 'list', place: tree.place, items };
}

/** Reads a topology in words; what is no text was told before. */
function readWords(tree: Tree): { readonly map: Tree; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const roles = new Map<string, TreeEntry>();
  for (const item of tree.kind === 'list' ? tree.items : [tree]) {
    if (item.kind !== 'scalar' || typeof item.value !== 'string') continue;
    const { place } = item;
    for (const word of splitTopology(item.value)) {
      const read = attempt(word);
      if (typeof read === 'string') continue;
      if (roles.has(read.role)) {
        problems.push({ place, label: 'topology', what: `role ${JSON.stringify(read.role)} is asked for twice` });
      }
      roles.set(read.role, { key: place, tree: { kind: 'scalar', place, value: read.count } });
    }
  }
  const { place } = tree;
  const map: MapTree = { kind: 'map', place, entries: roles };
  const entries = new Map<string, TreeEntry>([['roles', { key: place, tree: map }]]);
  return { map: { kind: 'map', place, entries }, problems };
}

function attempt(word: string): ReturnType<typeof readRoleWord> | string {
  try {
    return readRoleWord(word);
  } catch (error) {
    if (error instanceof VirtbsError) return error.message;
    throw error;
  }
}
