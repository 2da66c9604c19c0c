import type { Host } from './host.js';

export type Daemons = 'one daemon' | 'modular daemons';

/**
 * Says which of libvirt's daemons systemd is to start here; null where neither kind is installed. Both kinds can be installed, and
 * then the modular ones are meant where they are enabled: starting the one daemon would end them.
 */
export async function chooseDaemons(host: Host): Promise<Daemons | null> {
  const answers = async (verb: string, unit: string): Promise<boolean> =>
    (await host.run('systemctl', [verb, unit]))?.code === 0;
  if (await answers('is-enabled', 'virtqemud.socket')) return 'modular daemons';
  if (await answers('cat', 'libvirtd.service')) return 'one daemon';
  return (await answers('cat', 'virtqemud.socket')) ? 'modular daemons' : null;
}
