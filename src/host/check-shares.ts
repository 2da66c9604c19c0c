import { findings, type Finding } from './finding.js';
import { findVirtiofsd } from './find-virtiofsd.js';
import type { Host } from './host.js';

const { ok, warn } = findings('shares');

/** Says by what VMs see folders of this machine. */
export async function checkShares(host: Host, packages: string): Promise<readonly Finding[]> {
  const program = await findVirtiofsd(host);
  if (program !== null) return [ok(`VMs see shared folders by virtiofs: ${program}`)];
  return [
    warn(
      'no virtiofsd: VMs see shared folders by 9p, which the kernels of mini and of most cloud images do not know',
      `${packages} --install --for share`,
    ),
  ];
}
