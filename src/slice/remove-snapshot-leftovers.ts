import { existsSync } from 'node:fs';
import { readdir, realpath, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeptVm } from '../driver/types.js';
import type { VerbContext } from '../events.js';
import { nextDiskTarget, type SlicePaths } from '../filenames.js';
import { readBackingChain } from '../image/read-backing-chain.js';
import { readSnapshotRecord, snapshotNames } from './snapshot-record.js';
import type { StandingOptions } from './standing-slice.js';

/**
 * Removes snapshots that are half made or half removed, and layers that neither a disk nor a snapshot stands on any more; what
 * the driver keeps elsewhere, too. Where it is not known what a disk stands on, no layer goes. A disk that was kept and not yet replaced is. The caller holds the slice's lock.
 */
export async function removeSnapshotLeftovers(
  paths: SlicePaths,
  { slice, driver }: Pick<StandingOptions, 'slice' | 'driver'>,
  context: VerbContext,
): Promise<void> {
  const names = await listFolder(paths.snapshots);
  for (const name of names.filter((each) => each.startsWith('.'))) {
    await rm(join(paths.snapshots, name), { recursive: true, force: true });
  }
  for (const name of await listFolder(paths.disks)) {
    const disk = nextDiskTarget(paths, name);
    if (disk === undefined) continue;
    if (existsSync(disk)) await rm(join(paths.disks, name), { force: true });
    else await rename(join(paths.disks, name), disk);
  }
  const kept = await keptVms(paths);
  if (kept === null) return;
  await driver.forgetKept?.(slice, kept, context);
  const layers = await listFolder(paths.layers);
  if (layers.length === 0) return;
  const used = await usedFiles(paths, kept);
  if (used === null) return;
  const folder = await realpath(paths.layers);
  for (const layer of layers) if (!used.has(join(folder, layer))) await rm(join(folder, layer), { force: true });
}

/** The VMs of all snapshots; null where that is not known. */
async function keptVms(paths: SlicePaths): Promise<readonly KeptVm[] | null> {
  const names = await snapshotNames(paths);
  const records = await Promise.all(names.map((name) => readSnapshotRecord(paths, name).catch(() => null)));
  return records.some((record) => record === null) ? null : records.flatMap((record) => record?.vms ?? []);
}

/** The real paths of all that disks and snapshots stand on; null where that is not known. */
async function usedFiles(paths: SlicePaths, kept: readonly KeptVm[]): Promise<ReadonlySet<string> | null> {
  const disks = (await listFolder(paths.disks)).map((name) => join(paths.disks, name));
  const layers = kept.flatMap((vm) => vm.disks.map(({ layer }) => join(paths.layers, layer)));
  const chains = await Promise.all([...disks, ...layers].map(readBackingChain));
  return chains.some(({ broken }) => broken !== null) ? null : new Set(chains.flatMap(({ files }) => files));
}

async function listFolder(path: string): Promise<readonly string[]> {
  return await readdir(path).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  });
}
