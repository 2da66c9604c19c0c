/** The drivers that a person can choose. */
export const DRIVER_NAMES = ['libvirt', 'openstack'] as const;

export type DriverName = (typeof DRIVER_NAMES)[number];

export const DEFAULT_DRIVER: DriverName = 'libvirt';
