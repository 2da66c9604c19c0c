import type { DriverName } from '../known-drivers.js';
import type { Driver, DriverOptions } from './types.js';

/** Opens a driver; only its own code is loaded. @throws VirtbsError where the hypervisor cannot be reached */
export async function openDriver(name: DriverName, options: DriverOptions): Promise<Driver> {
  switch (name) {
    case 'libvirt': {
      const { openLibvirtDriver } = await import('./libvirt/libvirt-driver.js');
      return await openLibvirtDriver(options);
    }
    case 'openstack': {
      const { openOpenStackDriver } = await import('./openstack/openstack-driver.js');
      return await openOpenStackDriver(options);
    }
  }
}
