import { checkImages } from './check-images.js';
import { checkLease } from './check-lease.js';
import { checkNetworks } from './check-networks.js';
import { checkPool } from './check-pool.js';
import type { Problem } from './problem.js';
import { showLabel } from './show-label.js';
import { treeAt, treeEntries, treePlace, type Tree } from './tree.js';
import { unknownWord } from './unknown-word.js';

/**
 * What must be there and what must fit together, over all files. Values of the wrong shape are passed over: `checkShape` has
 * reported them.
 */
export function checkWhole(tree: Tree): Problem[] {
  return [...checkPool(tree), ...checkLease(tree), ...checkImages(tree), ...checkNetworks(tree), ...checkDisks(tree)];
}

function* checkDisks(tree: Tree): Generator<Problem> {
  const slots = treeEntries(tree, ['image_flow']);
  const layers = [...treeEntries(tree, ['machine_matrix']).keys()].map((layer) => ['machine_matrix', layer]);
  for (const group of [...layers, ['topology', 'roles'], ['topology', 'vms']]) {
    for (const name of treeEntries(tree, group).keys()) {
      for (const disk of treeEntries(tree, [...group, name, 'disks']).keys()) {
        const path = [...group, name, 'disks', disk, 'image_slot'];
        const slot = treeAt(tree, path);
        if (slot?.kind !== 'scalar' || typeof slot.value !== 'string' || slots.has(slot.value)) continue;
        const what = unknownWord('unknown slot', slot.value, slots.keys());
        yield { place: treePlace(tree, path), label: showLabel(path), what };
      }
    }
  }
}
