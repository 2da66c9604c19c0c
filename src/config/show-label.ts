import type { TreePath } from '../yaml/tree.js';

/**
 * Returns what a problem is about, without the section and the layer, which its place shows: `worker.disks.root.size`,
 * `data.mtu`, `nets[1]`. A section or a layer itself has its own name, and so has an item of one: `topology[1]`.
 */
export function showLabel(path: TreePath): string {
  const outer = path[0] === 'machine_matrix' ? 2 : 1;
  const steps = path.slice(Math.min(typeof path[outer] === 'number' ? outer - 1 : outer, path.length - 1));
  return steps.reduce<string>((label, step) => {
    if (typeof step === 'number') return `${label}[${step}]`;
    const word = /[\s"]|\p{Cc}/u.test(step) ? JSON.stringify(step) : step;
    return label === '' ? word : `${label}.${word}`;
  }, '');
}
