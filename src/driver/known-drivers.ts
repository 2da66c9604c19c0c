import type { ConfigurableDriver } from '../config/driver-section.js';
import type { DriverDefinition } from './types.js';

/** The facts about a driver that are known before its code is loaded. */
export interface DriverEntry extends ConfigurableDriver {
  readonly load: () => Promise<{ readonly driver: DriverDefinition }>;
  /**
   * The place of the VMs' serial consoles: in the slice's log files; with the driver, which reads them (`readConsole`);
   * nowhere.
   */
  readonly consoles: 'files' | 'driver' | 'none';
}

/** Keyed by the names that a person chooses them by. */
export type Drivers = Readonly<Record<string, DriverEntry>>;

/** All drivers. Only the code of those that are asked for is loaded. */
export const DRIVERS: Drivers = {
  libvirt: { load: () => import('./libvirt/definition.js'), consoles: 'files' },
  openstack: {
    load: () => import('./openstack/definition.js'),
    section: () => import('./openstack/openstack-section.js'),
    consoles: 'driver',
  },
  hosts: {
    load: () => import('./hosts/definition.js'),
    section: () => import('./hosts/hosts-section.js'),
    consoles: 'none',
  },
};

export const DRIVER_NAMES: readonly string[] = Object.keys(DRIVERS);

export const DEFAULT_DRIVER = 'libvirt';
