import { rm } from 'node:fs/promises';
import { VirtbsError } from '../../errors.js';
import { consolePath, diskPath, seedPath, type SlicePaths } from '../../filenames.js';
import type { LibvirtPool } from '../../libvirt/libvirt-pool.js';
import type { DriverContext, Removal, VmState } from '../types.js';
import { removeNetwork } from './create-networks.js';
import { explainLibvirt } from './libvirt-failure.js';

/** Destroys domains with their files, all at once, and then networks; tries everything before it fails. */
export async function removeFromSlice(
  { vms, networks }: Removal,
  { libvirt, paths }: { readonly libvirt: LibvirtPool; readonly paths: SlicePaths },
  { emit, signal }: DriverContext,
): Promise<void> {
  signal.throwIfAborted();
  const results = await Promise.allSettled(
    vms.map(async (vm) => {
      await explainLibvirt(vm.domain, async () => {
        await libvirt.destroyDomain(vm.uuid, signal);
        await libvirt.undefineDomain(vm.uuid, signal);
      });
      for (const file of filesOf(vm, paths)) await rm(file, { force: true });
      emit({ type: 'vm-gone', name: vm.domain });
    }),
  );
  const removed = await Promise.allSettled(
    networks.map(({ name, uuid, plans }) =>
      explainLibvirt(`network ${name}`, () => removeNetwork(libvirt, { name, uuid, networks: plans })),
    ),
  );
  signal.throwIfAborted();
  const reasons = [...results, ...removed].flatMap((result) =>
    result.status === 'rejected'
      ? [result.reason instanceof Error ? result.reason.message : String(result.reason)]
      : [],
  );
  if (reasons.length > 0) throw new VirtbsError('libvirt-failed', reasons.join('\n'));
}

function filesOf({ hostname, plan }: VmState, paths: SlicePaths): readonly string[] {
  const disks = plan?.disks.map(({ name }) => diskPath(paths, hostname, name)) ?? [];
  return [...disks, seedPath(paths, hostname), consolePath(paths, hostname)];
}
