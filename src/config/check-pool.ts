import type { Problem } from '../yaml/problem.js';
import { showLabel } from './show-label.js';
import { treeAt, treePlace, type Tree } from '../yaml/tree.js';

const PREFIXES = ['ipv4_pool_prefix', 'ipv4_slice_prefix', 'ipv4_subnet_prefix'] as const;
const KEYS = ['ipv4_start', ...PREFIXES, 'mac_start', 'mac_slice_extra_power', 'ipv6_start'] as const;

/** Every key of the address pool is there, and networks are within slices, which are within the pool. */
export function* checkPool(tree: Tree): Generator<Problem> {
  for (const key of KEYS) {
    if (treeAt(tree, ['address_pool', key])) continue;
    const path = ['address_pool'];
    yield { place: treePlace(tree, path), label: showLabel(path), what: `no "${key}" in any file` };
  }
  for (const [index, key] of PREFIXES.entries()) {
    const outer = PREFIXES[index - 1];
    const value = numberAt(tree, key);
    const least = outer && numberAt(tree, outer);
    if (value === undefined || least === undefined || value >= least) continue;
    const path = ['address_pool', key];
    yield {
      place: treePlace(tree, path),
      label: showLabel(path),
      what: `${value} is below ${outer ?? ''}, which is ${least}`,
    };
  }
}

function numberAt(tree: Tree, key: string): number | undefined {
  const found = treeAt(tree, ['address_pool', key]);
  return found?.kind === 'scalar' && typeof found.value === 'number' ? found.value : undefined;
}
