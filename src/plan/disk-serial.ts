import { createHash } from 'node:crypto';
import type { DiskPlan } from './plan.js';

/** Bytes that virtio carries. Source: the virtio specification, 5.2.6.1 */
const SERIAL_LENGTH = 20;
const DIGEST_LENGTH = 8;

/**
 * The serial number of a VM's disk: its name, seen in the guest as /dev/disk/by-id/virtio-NAME. A longer name is cut, and a
 * digest of the whole name behind it keeps names apart that begin alike.
 */
export function diskSerial({ name }: Pick<DiskPlan, 'name'>): string {
  if (name.length <= SERIAL_LENGTH) return name;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, DIGEST_LENGTH);
  return `${name.slice(0, SERIAL_LENGTH - DIGEST_LENGTH - 1)}-${digest}`;
}
