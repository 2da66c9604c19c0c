import type { DriverDefinition, DriverFeatures, DriverOptions } from '../types.js';
import type { HostsSettings } from './hosts-settings.js';

const REASON =
  'virtbs did not make these machines and leaves them as they are; do, tasks, run, ssh, wait and status work with them';

/** Machines that exist already, reached by ssh, and the one where virtbs runs. */
export const driver: DriverDefinition<HostsSettings> = {
  features,

  async open(options) {
    const { openHostsDriver } = await import('./hosts-driver.js');
    return openHostsDriver(options, features(options));
  },
};

function features({ settings }: Pick<DriverOptions<HostsSettings>, 'settings'>): DriverFeatures {
  const hint = settings
    ? `the machines of section "hosts" are slice ${settings.slice}: the key "slice" says which`
    : 'name some in the configuration: hosts: { machines: { web: root@192.0.2.10 } }';
  const changes = { create: REASON, destroy: REASON, power: REASON, snapshot: REASON };
  return {
    guests: true,
    snapshots: 'none',
    unable: { ...changes, usage: REASON, 'build-vm': REASON, commit: REASON },
    standing: { hint },
  };
}
