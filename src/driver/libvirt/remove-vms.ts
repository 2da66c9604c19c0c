import { rm } from 'node:fs/promises';
import { VirtbsError } from '../../errors.js';
import { consolePath, diskPath, seedPath, type SlicePaths } from '../../filenames.js';
import type { LibvirtPool } from '../../libvirt/libvirt-pool.js';
import type { DriverContext, VmState } from '../types.js';
import { explainLibvirt } from './libvirt-failure.js';

/** Destroys domains and their files, all at once; tries everything before it fails. */
export async function removeVms(
  vms: readonly VmState[],
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
  signal.throwIfAborted();
  const reasons = results.flatMap((result) => (result.status === 'rejected' ? [String(result.reason.message)] : []));
  if (reasons.length > 0) throw new VirtbsError('libvirt-failed', reasons.join('\n'));
}

function filesOf({ hostname, plan }: VmState, paths: SlicePaths): readonly string[] {
  const disks = plan?.disks.map(({ name }) => diskPath(paths, hostname, name)) ?? [];
  return [...disks, seedPath(paths, hostname), consolePath(paths, hostname)];
}
