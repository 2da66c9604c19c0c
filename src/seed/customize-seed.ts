import { randomUUID } from 'node:crypto';
import { stringify } from 'yaml';
import { SEED_SERIAL } from '../plan/seed-serial.js';
import type { Seed } from './seed.js';

export interface CustomizeSeedOptions {
  /** MAC address of the VM's only NIC. */
  readonly mac: string;
  /** The word that begins the line about the end of the work. */
  readonly token: string;
  /** True if the network has a way out that is worth waiting for. */
  readonly internetAccess: boolean;
}

/** The folder where the guest mounts the seed; it is gone with the boot. */
const MOUNT_POINT = '/run/virtbs-seed';

/** cloud-init reads YAML 1.1. */
const YAML_OPTIONS = { version: '1.1', lineWidth: 0 } as const;

/**
 * Returns the seed of a build VM: no user, no key, an address by DHCP, and to run `boot` of the seed's own disk as the last
 * thing of its first boot. Every build is an instance of its own.
 *
 * Source: https://cloudinit.readthedocs.io/en/latest/reference/modules.html
 */
export function customizeSeed({ mac, token, internetAccess }: CustomizeSeedOptions): Seed {
  const userData = {
    preserve_hostname: true,
    manage_etc_hosts: false,
    users: [],
    disable_root: true,
    ssh_pwauth: false,
    ssh_genkeytypes: ['ed25519'],
    runcmd: [['sh', '-c', startBoot(token, internetAccess)]],
  };
  const nic = { match: { macaddress: mac }, dhcp4: true, dhcp6: false, 'accept-ra': false };
  return {
    metaData: stringify({ 'instance-id': `virtbs-build-${randomUUID()}` }, YAML_OPTIONS),
    userData: `#cloud-config\n${stringify(userData, YAML_OPTIONS)}`,
    networkConfig: stringify({ version: 2, ethernets: { '00-build': nic } }, YAML_OPTIONS),
  };
}

/** Labels need udev or a blkid, serial numbers neither. A guest that cannot find its orders is no use. */
function startBoot(token: string, internetAccess: boolean): string {
  return [
    'for disk in /sys/block/*; do',
    `  [ "$(cat "$disk/serial" 2>/dev/null)" != ${SEED_SERIAL} ] || device=/dev/\${disk##*/}`,
    'done',
    `mkdir -p ${MOUNT_POINT} && mount -t iso9660 -o ro "$device" ${MOUNT_POINT} || poweroff`,
    `exec sh ${MOUNT_POINT}/boot ${token} ${internetAccess ? 'nat' : 'isolated'}`,
    '',
  ].join('\n');
}
