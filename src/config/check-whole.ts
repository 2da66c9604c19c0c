import { checkImages } from './check-images.js';
import { checkLease } from './check-lease.js';
import { checkNetworks } from './check-networks.js';
import { checkPool } from './check-pool.js';
import { checkTasks } from './check-tasks.js';
import { checkTopology } from './check-topology.js';
import { checkCi } from './check-ci.js';
import { checkRunner } from './check-runner.js';
import { checkProvision } from './check-provision.js';
import { NO_DRIVERS, type DriverSections } from './driver-section.js';
import type { Problem } from '../yaml/problem.js';
import { showLabel } from './show-label.js';
import { treeAt, treeEntries, treePlace, type Tree } from '../yaml/tree.js';
import { unknownWord } from '../text/unknown-word.js';

/**
 * Checks over all files that what must be there is there, and that the parts fit together. It passes over values of the wrong
 * shape: `checkShape` has reported them.
 */
export function checkWhole(tree: Tree, { sections }: DriverSections = NO_DRIVERS): Problem[] {
  return [
    ...checkPool(tree),
    ...checkLease(tree),
    ...checkImages(tree),
    ...checkNetworks(tree),
    ...checkDisks(tree),
    ...checkFirstBoots(tree),
    ...checkTopology(tree),
    ...checkTasks(tree),
    ...checkCi(tree),
    ...checkRunner(tree),
    ...Object.values(sections).flatMap((section) => [...(section.check?.(tree) ?? [])]),
  ];
}

function* checkDisks(tree: Tree): Generator<Problem> {
  const slots = treeEntries(tree, ['image_flow']);
  for (const role of rolePaths(tree)) {
    for (const disk of treeEntries(tree, [...role, 'disks']).keys()) {
      const path = [...role, 'disks', disk, 'image_slot'];
      const slot = treeAt(tree, path);
      if (slot?.kind !== 'scalar' || typeof slot.value !== 'string' || slots.has(slot.value)) continue;
      const what = unknownWord('unknown slot', slot.value, slots.keys());
      yield { place: treePlace(tree, path), label: showLabel(path), what };
    }
  }
}

/** Each file, script and shared folder of a VM says where it comes from. */
function* checkFirstBoots(tree: Tree): Generator<Problem> {
  for (const role of rolePaths(tree)) {
    yield* checkProvision(tree, role);
    for (const [folder, { tree: share }] of treeEntries(tree, [...role, 'share'])) {
      const path = [...role, 'share', folder];
      if (share.kind !== 'map' || share.entries.has('source')) continue;
      yield { place: treePlace(tree, path), label: showLabel(path), what: 'no "source"' };
    }
  }
}

/** The paths of all roles, in layers and in the topology, and of single VMs. */
function* rolePaths(tree: Tree): Generator<readonly string[]> {
  const layers = [...treeEntries(tree, ['machine_matrix']).keys()].map((layer) => ['machine_matrix', layer]);
  for (const group of [...layers, ['topology', 'roles'], ['topology', 'vms']]) {
    for (const name of treeEntries(tree, group).keys()) yield [...group, name];
  }
}
