import type { Problem } from '../yaml/problem.js';
import { treeEntries, treePlace, type Tree } from '../yaml/tree.js';
import { showLabel } from './show-label.js';

/** What a forge cannot do without. */
const NEEDED = {
  github: ['scope', 'labels'],
  forgejo: ['url', 'scope', 'labels'],
  gitea: ['url', 'scope', 'labels'],
} as const;

/** Each forge says where it is, and an organization of GitHub whose queues are looked at: it has none of its own. */
export function* checkRunner(tree: Tree): Generator<Problem> {
  for (const [forge, needed] of Object.entries(NEEDED)) {
    const path = ['runner', forge];
    const keys = treeEntries(tree, path);
    const at = { place: treePlace(tree, path), label: showLabel(path) };
    for (const key of needed.filter((each) => keys.size > 0 && !keys.has(each))) {
      yield { ...at, what: `no "${key}": runners need ${needed.join(', ')}` };
    }
    const scope = keys.get('scope')?.tree;
    if (forge !== 'github' || scope?.kind !== 'scalar' || typeof scope.value !== 'string') continue;
    const isOrganization = !scope.value.includes('/');
    if (isOrganization === keys.has('repositories')) continue;
    const what = isOrganization
      ? 'no "repositories": GitHub lists the jobs that wait by repository only'
      : '"repositories" is for an organization; the scope is one repository';
    yield { ...at, what };
  }
}
