import type { DriverDefinition, DriverFeatures } from '../types.js';
import type { OpenStackSettings } from './openstack-settings.js';

/**
 * Nova takes 65,535 characters of base64, and 128 members of metadata with 255 characters each where its operators have not
 * changed that; some are for other things. Source: https://docs.openstack.org/api-ref/compute/, nova.conf `quota.metadata_items`
 */
const LIMITS = { userData: Math.floor(65_535 / 4) * 3, plan: 100 * 191 } as const;

const FEATURES: DriverFeatures = {
  guests: true,
  snapshots: 'disks',
  limits: LIMITS,
  unable: {
    'build-vm': 'its VMs are in a cloud',
    commit: 'the disks of its VMs are in a cloud',
    share: 'its VMs are in a cloud; virtbs sync copies folders to them',
  },
};

/** VMs as servers of an OpenStack cloud. */
export const driver: DriverDefinition<OpenStackSettings> = {
  features: () => FEATURES,

  async open(options) {
    const { openOpenStackDriver } = await import('./openstack-driver.js');
    return await openOpenStackDriver(options, FEATURES);
  },
};
