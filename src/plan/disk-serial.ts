import type { DiskPlan } from './plan.js';

/**
 * The serial number of a VM's disk, seen in the guest as /dev/disk/by-id/virtio-NAME. virtio carries 20 bytes.
 *
 * Source: the virtio specification, 5.2.6.1
 */
export function diskSerial({ name }: Pick<DiskPlan, 'name'>): string {
  return name.slice(0, 20);
}
