import { existsSync } from 'node:fs';
import { lstat, readdir, statfs } from 'node:fs/promises';
import { freemem } from 'node:os';
import { dirname, join } from 'node:path';
import { rootPaths, slicePaths } from '../../filenames.js';
import type { LibvirtPool } from '../../libvirt/libvirt-pool.js';
import type { HostCapacity } from '../check-capacity.js';
import type { SliceState } from '../types.js';
import { vmPower, type Listing } from './inspect-slices.js';

const MIB = 1024 ** 2;
/** Source: stat(2), st_blocks */
const BLOCK = 512;

export interface CapacityQuery {
  readonly root: string;
  readonly slice: number;
  /** The slice that will be destroyed first. */
  readonly old: SliceState | undefined;
  readonly listing: Listing;
}

/**
 * Returns the resources that this machine has for a slice. Memory that running VMs of the old slice hold comes free; memory
 * that VMs have but do not use is available already.
 */
export async function readHostCapacity(
  libvirt: LibvirtPool,
  { root, slice, old, listing }: CapacityQuery,
  signal: AbortSignal,
): Promise<HostCapacity> {
  const ours = new Set(old?.vms.map(({ uuid }) => uuid));
  const [{ cpus }, diskBytes] = await Promise.all([libvirt.nodeInfo(signal), readDisk(root, slice, old)]);
  const freed =
    old?.vms.filter(({ power }) => holdsMemory(power)).reduce((sum, { memoryMiB }) => sum + memoryMiB, 0) ?? 0;
  const others = listing.domains.filter(({ uuid, state }) => !ours.has(uuid) && holdsMemory(vmPower(state)));
  return {
    memoryBytes: freemem() + freed * MIB,
    cpus,
    vcpusTaken: others.reduce((sum, { vcpus }) => sum + vcpus, 0),
    diskBytes,
  };
}

function holdsMemory(power: string): boolean {
  return power === 'running' || power === 'paused';
}

/** Returns the free bytes, and those that the disks of the old slice take. */
async function readDisk(root: string, slice: number, old: SliceState | undefined): Promise<number | null> {
  const place = existing(rootPaths(root).slices);
  const space = await statfs(place).catch(() => null);
  if (!space) return null;
  const { disks } = slicePaths(root, slice);
  const names = old ? await readdir(disks).catch(() => []) : [];
  const blocks = await Promise.all(
    names.map((name) =>
      lstat(join(disks, name)).then(
        (file) => file.blocks,
        () => 0,
      ),
    ),
  );
  return space.bavail * space.bsize + blocks.reduce((sum, count) => sum + count * BLOCK, 0);
}

function existing(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : existing(dirname(path));
}
