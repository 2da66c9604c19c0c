import type { Problem } from '../yaml/problem.js';
import { showLabel } from './show-label.js';
import { treeAt, treeEntries, treePlace, type ScalarTree, type Tree } from '../yaml/tree.js';
import { unknownWord } from '../text/unknown-word.js';

/** Flags that need an address of the host on the network. */
const NEEDS_HOST = ['internet_access', 'address_serving_4', 'address_serving_6', 'dns'] as const;

/** A bridge is shared with a network that exists and has one of its own; a host without an address serves nothing. */
export function* checkNetworks(tree: Tree): Generator<Problem> {
  const flags = treeEntries(tree, ['network_flags']);
  const known = new Set([...flags.keys(), ...usedNetworks(tree)]);
  for (const network of flags.keys()) {
    const path = ['network_flags', network, 'same_bridge'];
    const what = describeBridge(tree, network, known);
    if (what !== undefined) yield { place: treePlace(tree, path), label: showLabel(path), what };
    yield* checkOpen(tree, network);
    if (flagAt(tree, network, 'host_address')?.value !== false) continue;
    for (const key of NEEDS_HOST) {
      const needs = ['network_flags', network, key];
      if (flagAt(tree, network, key)?.value !== true) continue;
      yield { place: treePlace(tree, needs), label: showLabel(needs), what: 'needs "host_address: true"' };
    }
  }
}

/** Checks a network that others may reach: the host forwards to it without NAT. */
function* checkOpen(tree: Tree, network: string): Generator<Problem> {
  if (flagAt(tree, network, 'isolation')?.value !== false) return;
  const path = ['network_flags', network, 'isolation'];
  const problem = (what: string): Problem => ({ place: treePlace(tree, path), label: showLabel(path), what });
  if (flagAt(tree, network, 'host_address')?.value === false) yield problem('false needs "host_address: true"');
  if (flagAt(tree, network, 'internet_access')?.value === true) {
    yield problem(
      'nobody reaches what is behind NAT: leave out "internet_access", and give the way out by another network',
    );
  }
}

function describeBridge(tree: Tree, network: string, known: ReadonlySet<string>): string | undefined {
  const other = flagAt(tree, network, 'same_bridge')?.value;
  if (typeof other !== 'string') return undefined;
  if (other === network) return 'a network cannot share a bridge with itself: leave this out';
  if (!known.has(other)) return unknownWord('unknown network', other, known);
  const next = flagAt(tree, other, 'same_bridge')?.value;
  if (typeof next !== 'string') return undefined;
  if (next === network) return `"${other}" shares the bridge of this network: leave out one of the two`;
  return `"${other}" has no bridge of its own, it shares that of "${next}": name that one`;
}

function flagAt(tree: Tree, network: string, key: string): ScalarTree | undefined {
  const found = treeAt(tree, ['network_flags', network, key]);
  return found?.kind === 'scalar' ? found : undefined;
}

function* usedNetworks(tree: Tree): Generator<string> {
  for (const layer of treeEntries(tree, ['machine_matrix']).keys()) {
    for (const role of treeEntries(tree, ['machine_matrix', layer]).keys()) {
      const nets = treeAt(tree, ['machine_matrix', layer, role, 'nets']);
      if (nets?.kind !== 'list') continue;
      for (const net of nets.items) if (net.kind === 'scalar' && typeof net.value === 'string') yield net.value;
    }
  }
}
