import { existsSync } from 'node:fs';
import { constants, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { VirtbsError } from '../../errors.js';
import { slicePaths } from '../../filenames.js';
import type { SlicePlan, VmPlan } from '../../plan/plan.js';

/** Modes in which qemu goes past the host's cache. Source: qemu's docs/system/qemu-block-drivers, cache */
const DIRECT: ReadonlySet<VmPlan['cache']> = new Set(['none', 'directsync']);
/** A file without a name, gone when it is closed. Source: O_TMPFILE in Linux' include/uapi/asm-generic/fcntl.h */
const NAMELESS = 0o20_000_000 | constants.O_DIRECTORY;

/**
 * Throws where a role wants its disks to go past the host's cache and the file system of the root cannot: qemu would refuse to
 * open them. Where it cannot be tried, nothing is said.
 *
 * @throws VirtbsError `host-unready`
 */
export async function checkDirectIo({ slice, vms }: SlicePlan, root: string): Promise<void> {
  const vm = vms.find(({ cache, disks }) => DIRECT.has(cache) && disks.length > 0);
  if (!vm) return;
  const folder = existing(slicePaths(root, slice).disks);
  try {
    const file = await open(folder, NAMELESS | constants.O_RDWR | constants.O_DIRECT, 0o600);
    await file.close();
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'EINVAL') return;
    throw new VirtbsError(
      'host-unready',
      `${vm.hostname}: "cache: ${vm.cache}" needs O_DIRECT, which the file system of ${folder} does not have`,
      { hint: 'say "cache: writeback", or choose another place with --root', cause: error },
    );
  }
}

function existing(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : existing(dirname(path));
}
