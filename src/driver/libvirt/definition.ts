import type { DriverDefinition, DriverFeatures, DriverOptions } from '../types.js';

/** VMs on this machine's libvirt. */
export const driver: DriverDefinition = {
  features,

  async open(options) {
    const { openLibvirtDriver } = await import('./libvirt-driver.js');
    return await openLibvirtDriver(options, features(options));
  },
};

function features({ connect }: Pick<DriverOptions, 'connect'>): DriverFeatures {
  const double = isDouble(connect);
  const shell = ['virsh', '--connect', connect, 'console'];
  return {
    guests: !double,
    snapshots: double ? 'none' : 'memory',
    terminal: (domain, { force }) => [...shell, ...(force ? ['--force'] : []), domain],
    unable: double ? { 'build-vm': `${connect} runs no guests` } : {},
  };
}

/** Tells whether a connection leads to libvirt's test driver, which runs no guests and knows nothing of this machine. */
function isDouble(connect: string): boolean {
  return connect.startsWith('test:');
}
