import { unknownWord } from '../text/unknown-word.js';
import type { Problem } from '../yaml/problem.js';
import { treeAt, treeEntries, treePlace, type Tree, type TreePath } from '../yaml/tree.js';
import { showLabel } from './show-label.js';

/** Each job has something to run, and its tasks are there, unless its payload brings them. Each branch and the Gerrit say where they are. */
export function* checkCi(tree: Tree): Generator<Problem> {
  const tasks = [...treeEntries(tree, ['tasks']).keys()];
  for (const job of treeEntries(tree, ['ci', 'jobs']).keys()) {
    const path = ['ci', 'jobs', job];
    const keys = treeEntries(tree, path);
    if (!keys.has('tasks') && !keys.has('run')) {
      yield problem(tree, path, 'the job has nothing to run: give it tasks or run');
    }
    if (keys.has('payload')) continue;
    for (const key of ['deploy', 'tasks']) {
      const found = treeAt(tree, [...path, key]);
      for (const [index, item] of (found?.kind === 'list' ? found.items : []).entries()) {
        if (item.kind !== 'scalar' || typeof item.value !== 'string' || tasks.includes(item.value)) continue;
        yield problem(tree, [...path, key, index], unknownWord('unknown task', item.value, tasks));
      }
    }
  }
  const ci = treeEntries(tree, ['ci']);
  if (ci.has('database') && ci.has('database_file')) {
    yield problem(tree, ['ci', 'database_file'], 'there is "database" as well: give one of them');
  }
  const gerrit = treeEntries(tree, ['ci', 'gerrit']);
  for (const key of ['host', 'user'].filter((each) => gerrit.size > 0 && !gerrit.has(each))) {
    yield problem(tree, ['ci', 'gerrit'], `no "${key}": a Gerrit needs host and user`);
  }
  const branches = treeAt(tree, ['ci', 'branches']);
  for (const [index, item] of (branches?.kind === 'list' ? branches.items : []).entries()) {
    if (item.kind !== 'map') continue;
    for (const key of ['project', 'url'].filter((each) => !item.entries.has(each))) {
      yield problem(tree, ['ci', 'branches', index], `no "${key}": a branch needs project and url`);
    }
  }
}

function problem(tree: Tree, path: TreePath, what: string): Problem {
  return { place: treePlace(tree, path), label: showLabel(path), what };
}
