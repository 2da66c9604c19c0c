import { unknownWord } from '../text/unknown-word.js';
import type { Problem } from '../yaml/problem.js';
import { keyPlace, treeAt, treeEntries, treePlace, type Tree } from '../yaml/tree.js';
import { HOST } from './names.js';
import { showLabel } from './show-label.js';

/** The layers of a topology that names none. */
export const DEFAULT_LAYERS: readonly string[] = ['roles'];

/** Every role that a file asks for is in one of the layers that it names. Layers that nobody knows are told when a plan is made. */
export function* checkTopology(tree: Tree): Generator<Problem> {
  for (const vm of treeEntries(tree, ['topology', 'vms']).keys()) {
    const path = ['topology', 'vms', vm];
    if (HOST.pattern.test(vm) || treeAt(tree, [...path, 'role']) === undefined) continue;
    const what = `a VM of its own is named by ${HOST.allowed}; a number means one that the roles have anyway, without "role"`;
    yield { place: keyPlace(tree, path), label: showLabel(path), what };
  }
  const layers = treeAt(tree, ['topology', 'layers']);
  const items = layers?.kind === 'list' ? layers.items : [];
  const given = items.flatMap((item) => (item.kind === 'scalar' ? [String(item.value)] : []));
  const names = layers === undefined ? DEFAULT_LAYERS : given;
  const known = new Set(names.flatMap((layer) => [...treeEntries(tree, ['machine_matrix', layer]).keys()]));
  if (known.size === 0) return;
  for (const role of treeEntries(tree, ['topology', 'roles']).keys()) {
    const path = ['topology', 'roles', role];
    if (!known.has(role)) yield { place: keyPlace(tree, path), label: showLabel(path), what: unknown(role, known) };
  }
  for (const vm of treeEntries(tree, ['topology', 'vms']).keys()) {
    const path = ['topology', 'vms', vm, 'role'];
    const role = treeAt(tree, path);
    if (role?.kind !== 'scalar' || typeof role.value !== 'string' || known.has(role.value)) continue;
    yield { place: treePlace(tree, path), label: showLabel(path), what: unknown(role.value, known) };
  }
}

function unknown(role: string, known: Iterable<string>): string {
  return unknownWord('unknown role', role, known);
}
