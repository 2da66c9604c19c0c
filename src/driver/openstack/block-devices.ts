import type { ServerSettings } from './openstack-settings.js';
import type { VmPlan } from '../../plan/plan.js';
import { diskGiB } from './choose-flavor.js';

export type BlockDevice = Readonly<Record<string, unknown>>;

/**
 * The block devices of the configuration with what is not said of them: they are volumes of images that go with their server, the
 * first is what it boots from, and an image gets as much room as the first disk of the role has.
 *
 * Source: https://docs.openstack.org/nova/latest/user/block-device-mapping.html
 */
export function blockDevices(
  { blockDevices: given = [] }: Pick<ServerSettings, 'blockDevices'>,
  { disks }: Pick<VmPlan, 'disks'>,
): readonly BlockDevice[] {
  const boots = given.some((device) => device['boot_index'] === 0);
  return given.map((device, index) => {
    const { source_type = 'image', destination_type = 'volume' } = device;
    const first = index === 0 && !boots && source_type !== 'blank';
    const copied = source_type === 'image' && destination_type === 'volume';
    return {
      source_type,
      destination_type,
      delete_on_termination: true,
      boot_index: first ? 0 : -1,
      ...(copied && { volume_size: Math.max(1, diskGiB(disks[0]?.sizeBytes ?? 0)) }),
      ...device,
    };
  });
}

/** Tells whether a server of the role starts from one of them. */
export function bootsFrom(devices: readonly BlockDevice[]): boolean {
  return devices.some((device) => device['boot_index'] === 0);
}

/** The GiB of the volumes that are made for them. */
export function newVolumes(devices: readonly BlockDevice[]): readonly number[] {
  return devices.flatMap(({ source_type, destination_type, volume_size }) =>
    source_type !== 'volume' && destination_type === 'volume' ? [Number(volume_size ?? 1)] : [],
  );
}
