import { join } from 'node:path';
import type { Host } from './host.js';

/** Folders in which programs that serve devices of VMs say what they are. */
const FOLDERS = ['/etc/qemu/vhost-user', '/usr/share/qemu/vhost-user'];

/**
 * Returns the program that lets VMs see folders by virtiofs; null where none is installed.
 *
 * Source: https://qemu.readthedocs.io/en/latest/interop/vhost-user.html#backend-discovery-format
 */
export async function findVirtiofsd(host: Pick<Host, 'list' | 'read' | 'stat'>): Promise<string | null> {
  for (const folder of FOLDERS) {
    for (const name of await host.list(folder)) {
      const described = (await host.read(join(folder, name))) ?? '';
      const [, program] = /"type"\s*:\s*"fs"/.test(described) ? (/"binary"\s*:\s*"([^"]+)"/.exec(described) ?? []) : [];
      if (program !== undefined && (await host.stat(program))) return program;
    }
  }
  return null;
}
