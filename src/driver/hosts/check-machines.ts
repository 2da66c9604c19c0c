import { showLabel } from '../../config/show-label.js';
import { roleName } from '../../plan/host-name.js';
import type { Problem } from '../../yaml/problem.js';
import { keyPlace, treeAt, treeEntries, treePlace, type Tree } from '../../yaml/tree.js';
import { parseDestination } from './destination.js';

/** Words that mean something else in `on:` of a task, in inventories and for ssh. */
const TAKEN = new Set(['all', 'here', 'localhost']);

/** Keys that say something of ssh. */
const FOR_SSH = ['identity_file', 'ssh_config', 'host_keys'];

const SECTION = ['hosts', 'machines'] as const;

/** Every machine can be reached and has names that nothing else has, and no two of them are one. */
export function* checkMachines(tree: Tree): Generator<Problem> {
  const names = [...treeEntries(tree, SECTION).keys()];
  const roles = new Map(names.map((name) => [name, textAt(tree, [...SECTION, name, 'role'])]));
  if (names.length === 0 && textAt(tree, ['driver']) === 'hosts') {
    yield problem(tree, ['driver'], 'no machines: name them: hosts: { machines: { web: root@192.0.2.10 } }');
  }
  const addresses = new Map<string, string>();
  let local: string | undefined;
  for (const name of names) {
    const path = [...SECTION, name];
    const role = roles.get(name);
    if (TAKEN.has(name)) yield keyProblem(tree, path, `"${name}" means something else to tasks and to ssh`);
    if (role !== undefined && TAKEN.has(roleName(role))) {
      yield problem(tree, [...path, 'role'], `"${role}" means something else to tasks and to ssh`);
    }
    const other = names.find((each) => each !== name && roleName(roles.get(each) ?? '') === name);
    if (other !== undefined) yield keyProblem(tree, path, `"${name}" is the role of ${other}: use two names`);
    const twin = names.find((each) => isTwin(roles.get(each), role));
    if (twin !== undefined && names.indexOf(twin) < names.indexOf(name)) {
      const what = `ssh knows "${role ?? ''}" and the role "${roles.get(twin) ?? ''}" of ${twin} by one name: use two`;
      yield problem(tree, [...path, 'role'], what);
    }
    const slice = Number(treeValueAt(tree, ['slice']) ?? 1);
    const short = names.find((each) => `bs${slice}-${each}` === name);
    if (short !== undefined) yield keyProblem(tree, path, `"${name}" is the long name of ${short}: use two names`);
    if (isLocal(tree, path)) {
      yield* checkLocal(tree, path, local);
      local ??= name;
      continue;
    }
    const address = textAt(tree, path) ?? textAt(tree, [...path, 'address']);
    if (address === undefined) {
      if (treeAt(tree, path)?.kind === 'scalar' || treeAt(tree, [...path, 'address'])) continue; // of the wrong shape
      yield problem(tree, path, 'no "address": say how ssh reaches it, or "local: true" for this machine');
      continue;
    }
    const known = addresses.get(address);
    if (known !== undefined) yield problem(tree, [...path, 'address'], `${known} has this address, too`);
    addresses.set(address, known ?? name);
  }
}

function* checkLocal(tree: Tree, path: readonly string[], other: string | undefined): Generator<Problem> {
  if (other !== undefined) yield problem(tree, [...path, 'local'], `${other} is this machine already`);
  for (const key of FOR_SSH.filter((each) => treeAt(tree, [...path, each]))) {
    yield problem(tree, [...path, key], `"${key}" is for ssh, and this machine is used without it`);
  }
  const { user, port } = parseDestination(textAt(tree, [...path, 'address']) ?? '') ?? {};
  if (user === undefined && port === undefined) return;
  yield problem(tree, [...path, 'address'], 'this machine is used without ssh: give its bare name or address');
}

function isLocal(tree: Tree, path: readonly string[]): boolean {
  return treeValueAt(tree, [...path, 'local']) === true;
}

/** Two roles that differ and have one name for hosts. */
function isTwin(one: string | undefined, other: string | undefined): boolean {
  if (one === undefined || other === undefined || one === other) return false;
  return roleName(one) === roleName(other);
}

function treeValueAt(tree: Tree, path: readonly string[]): unknown {
  const found = treeAt(tree, path);
  return found?.kind === 'scalar' ? found.value : undefined;
}

function textAt(tree: Tree, path: readonly string[]): string | undefined {
  const value = treeValueAt(tree, path);
  return typeof value === 'string' ? value : undefined;
}

function problem(tree: Tree, path: readonly string[], what: string): Problem {
  return { place: treePlace(tree, path), label: showLabel(path), what };
}

function keyProblem(tree: Tree, path: readonly string[], what: string): Problem {
  return { place: keyPlace(tree, path), label: showLabel(path), what };
}
