import type { TreePath } from './tree.js';

/**
 * What a problem is about, without the section and the layer that its place shows anyway: `worker.disks.root.size`,
 * `data.mtu`, `nets[1]`. A section or a layer itself has its own name.
 */
export function showLabel(path: TreePath): string {
  const outer = path[0] === 'machine_matrix' ? 2 : 1;
  const steps = path.slice(Math.min(outer, path.length - 1));
  return steps.reduce<string>((label, step) => {
    if (typeof step === 'number') return `${label}[${step}]`;
    const word = /[\s"]|\p{Cc}/u.test(step) ? JSON.stringify(step) : step;
    return label === '' ? word : `${label}.${word}`;
  }, '');
}
