import type { CopyResult } from '../../slice/copy-on-vms.js';

/** A line for each VM: `worker-20: copied by rsync in 0.3 s`. */
export function renderCopy({ vms }: CopyResult): string {
  return vms
    .map(({ hostname, by, milliseconds }) => `${hostname}: copied by ${by} in ${(milliseconds / 1000).toFixed(1)} s\n`)
    .join('');
}
