import type { Problem } from '../yaml/problem.js';
import { showLabel } from './show-label.js';
import { treeAt, treePlace, type Tree } from '../yaml/tree.js';

/** The slices that `--slice auto` takes where no file says otherwise. */
export const DEFAULT_LEASE = { first: 1, last: 15 } as const;

/** There is at least one slice to lease. */
export function* checkLease(tree: Tree): Generator<Problem> {
  const first = numberAt(tree, 'first') ?? DEFAULT_LEASE.first;
  const last = numberAt(tree, 'last') ?? DEFAULT_LEASE.last;
  if (first <= last) return;
  const path = ['lease', numberAt(tree, 'last') === undefined ? 'first' : 'last'];
  const what = `the range has no slice: it is from ${first} to ${last}`;
  yield { place: treePlace(tree, path), label: showLabel(path), what };
}

function numberAt(tree: Tree, key: keyof typeof DEFAULT_LEASE): number | undefined {
  const found = treeAt(tree, ['lease', key]);
  return found?.kind === 'scalar' && typeof found.value === 'number' ? found.value : undefined;
}
