import { rm } from 'node:fs/promises';
import { failuresOf, showReasons } from '../../try-all.js';
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
  const results = await failuresOf(
    vms.map(async (vm) => {
      await explainLibvirt(vm.domain, async () => {
        await libvirt.destroyDomain(vm.uuid, signal);
        await libvirt.undefineDomain(vm.uuid, signal);
      });
      for (const file of filesOf(vm, paths)) await rm(file, { force: true });
      emit({ type: 'vm-gone', name: vm.domain });
    }),
  );
  const removed = await failuresOf(
    networks.map(({ name, uuid, plans }) =>
      explainLibvirt(`network ${name}`, () => removeNetwork(libvirt, { name, uuid, networks: plans })),
    ),
  );
  signal.throwIfAborted();
  const reasons = [...results, ...removed];
  if (reasons.length > 0) throw new VirtbsError('libvirt-failed', showReasons(reasons), { cause: reasons[0] });
}

function filesOf({ hostname, plan }: VmState, paths: SlicePaths): readonly string[] {
  const disks = plan?.disks.map(({ name }) => diskPath(paths, hostname, name)) ?? [];
  return [...disks, seedPath(paths, hostname), consolePath(paths, hostname)];
}
