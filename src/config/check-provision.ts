import type { Problem } from '../yaml/problem.js';
import { treeAt, treePlace, type Tree, type TreePath } from '../yaml/tree.js';
import { showLabel } from './show-label.js';

/**
 * Tells whether each script and file of the provision at a path says where it comes from, once, and each file where it goes.
 */
export function* checkProvision(tree: Tree, path: readonly string[]): Generator<Problem> {
  yield* checkItems(tree, [...path, 'scripts'], ['file', 'inline']);
  yield* checkItems(tree, [...path, 'files'], ['source', 'content'], 'path');
}

/** Every map in a list has one of two keys, and the one that it always needs. */
function* checkItems(
  tree: Tree,
  path: readonly string[],
  either: readonly [string, string],
  needed?: string,
): Generator<Problem> {
  const list = treeAt(tree, path);
  if (list?.kind !== 'list') return;
  for (const [index, item] of list.items.entries()) {
    if (item.kind !== 'map') continue;
    const given = either.filter((key) => item.entries.has(key));
    const [one, other] = either;
    const at = [...path, index];
    if (given.length === 0) yield problem(tree, at, `neither "${one}" nor "${other}"`);
    if (given.length === 2) yield problem(tree, at, `"${one}" and "${other}": give one of them`);
    if (needed !== undefined && !item.entries.has(needed)) yield problem(tree, at, `no "${needed}"`);
  }
}

function problem(tree: Tree, path: TreePath, what: string): Problem {
  return { place: treePlace(tree, path), label: showLabel(path), what };
}
