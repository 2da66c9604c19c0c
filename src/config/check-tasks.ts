import type { Problem } from '../yaml/problem.js';
import { treeAt, treeEntries, treePlace, type Tree, type TreePath } from '../yaml/tree.js';
import { unknownWord } from '../text/unknown-word.js';
import { showLabel } from './show-label.js';

const ACTIONS = ['run', 'script', 'ansible', 'program'] as const;

/** Actions that run only on the machine where virtbs runs. */
const HERE_ONLY = ['ansible', 'program'] as const;

/** Every task has something to do and a place to do it, and what it wants, takes and sees is there; no task wants itself in the end. */
export function* checkTasks(tree: Tree): Generator<Problem> {
  const tasks = [...treeEntries(tree, ['tasks']).keys()];
  const secrets = [...treeEntries(tree, ['secrets']).keys()];
  const known = new Set(tasks);
  const wants = new Map(tasks.map((task) => [task, wantsOf(tree, task)]));
  const givers = findGivers(tree, tasks);
  for (const task of tasks) {
    const path = ['tasks', task];
    yield* checkAction(tree, path);
    for (const key of ['wants', 'wants_here']) {
      for (const [index, want] of textsAt(tree, [...path, key]).entries()) {
        if (!known.has(want)) yield problem(tree, [...path, key, index], unknownWord('unknown task', want, tasks));
      }
    }
    for (const [index, secret] of textsAt(tree, [...path, 'sees']).entries()) {
      if (secrets.includes(secret)) continue;
      yield problem(tree, [...path, 'sees', index], unknownWord('unknown secret', secret, secrets));
    }
    const takes = textsAt(tree, [...path, 'takes']);
    const wanted = takes.length > 0 ? allWants(wants, task) : new Set<string>();
    for (const [index, value] of takes.entries()) {
      const from = givers.get(value) ?? [];
      if (from.some((giver) => wanted.has(giver))) continue;
      const what =
        from.length === 0
          ? unknownWord('no task gives the value', value, givers.keys())
          : `the value "${value}" is given by ${from.join(', ')}, which this task does not want`;
      yield problem(tree, [...path, 'takes', index], what);
    }
  }
  yield* checkCircles(tree, tasks);
  for (const [value, from] of givers) {
    const [, second] = from;
    if (second === undefined) continue;
    yield problem(
      tree,
      ['tasks', second, 'gives'],
      `the value "${value}" is also given by ${from[0] ?? ''}: use two names`,
    );
  }
}

function* checkAction(tree: Tree, path: readonly string[]): Generator<Problem> {
  const found = treeAt(tree, path);
  if (found?.kind !== 'map' && !(found?.kind === 'scalar' && found.value === null)) return;
  const keys = new Set(treeEntries(tree, path).keys());
  const actions = ACTIONS.filter((key) => keys.has(key));
  if (!keys.has('on')) yield problem(tree, path, 'no "on": say on which roles, VMs or labels, on "all" or "here"');
  if (actions.length > 1) yield problem(tree, path, `${actions.join(' and ')}: give one of them`);
  const gifts = ['files', 'packages'].filter((key) => keys.has(key));
  if (actions.length === 0 && gifts.length === 0) {
    yield problem(tree, path, `nothing to do: give it one of ${[...ACTIONS, 'files', 'packages'].join(', ')}`);
  }
  if (keys.has('arguments') && actions.length === 0) yield problem(tree, [...path, 'arguments'], 'nothing takes them');
  const on = treeAt(tree, [...path, 'on']);
  const here = on?.kind === 'scalar' && on.value === 'here';
  if (
    on?.kind === 'list' &&
    on.items.some((item) => item.kind === 'scalar' && ['here', 'all'].includes(String(item.value)))
  ) {
    yield problem(tree, [...path, 'on'], '"here" and "all" stand alone, not in a list');
  }
  if (!here) {
    for (const key of HERE_ONLY.filter((each) => keys.has(each))) {
      yield problem(tree, [...path, key], `${key} runs on this machine: say "on: here"`);
    }
    return;
  }
  for (const key of [...gifts, 'user', 'reboots', 'first']) {
    if (keys.has(key)) yield problem(tree, [...path, key], `${key} is for VMs, and this task runs here`);
  }
}

/** A circle of wants is told once, at its first task. */
function* checkCircles(tree: Tree, tasks: readonly string[]): Generator<Problem> {
  const told = new Set<string>();
  const visit = function* (task: string, chain: readonly string[]): Generator<Problem> {
    const start = chain.indexOf(task);
    if (start >= 0) {
      const circle = [...chain.slice(start), task];
      yield problem(tree, ['tasks', task, 'wants'], `the task wants itself: ${circle.join(' -> ')}`);
      return;
    }
    if (told.has(task)) return;
    for (const want of wantsOf(tree, task)) yield* visit(want, [...chain, task]);
    told.add(task);
  };
  for (const task of tasks) yield* visit(task, []);
}

function findGivers(tree: Tree, tasks: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const givers = new Map<string, string[]>();
  for (const task of tasks) {
    for (const value of textsAt(tree, ['tasks', task, 'gives']))
      givers.set(value, [...(givers.get(value) ?? []), task]);
  }
  return givers;
}

/** All that a task wants, directly or by others. */
function allWants(wants: ReadonlyMap<string, readonly string[]>, task: string): ReadonlySet<string> {
  const found = new Set(wants.get(task));
  // What is added while it goes on is visited, too.
  for (const name of found) for (const want of wants.get(name) ?? []) found.add(want);
  return found;
}

function wantsOf(tree: Tree, task: string): readonly string[] {
  return ['wants', 'wants_here'].flatMap((key) => textsAt(tree, ['tasks', task, key]));
}

function textsAt(tree: Tree, path: readonly string[]): readonly string[] {
  const found = treeAt(tree, path);
  if (found?.kind !== 'list') return [];
  return found.items.flatMap((item) => (item.kind === 'scalar' && typeof item.value === 'string' ? [item.value] : []));
}

function problem(tree: Tree, path: TreePath, what: string): Problem {
  return { place: treePlace(tree, path), label: showLabel(path), what };
}
