import { join } from 'node:path';
import { keptMemoryPath, memoryPath, snapshotPaths, type SlicePaths } from '../filenames.js';
import { allocatedBytes } from '../image/allocated-bytes.js';
import type { SnapshotRecord } from './snapshot-record.js';

/** A snapshot as people and programs see it. */
export interface SnapshotSummary {
  readonly name: string;
  /** ISO 8601, UTC. */
  readonly created: string;
  readonly vms: readonly { readonly hostname: string; readonly power: 'running' | 'paused' | 'off' }[];
  /** Bytes that the memory takes on the host. */
  readonly memoryBytes: number;
  /** Bytes of its disks, without the layers below them. Disks and other snapshots may stand on them. */
  readonly diskBytes: number;
}

export async function summarizeSnapshot(paths: SlicePaths, record: SnapshotRecord): Promise<SnapshotSummary> {
  const { name, created, vms } = record;
  const { directory } = snapshotPaths(paths, name);
  const [memoryBytes, diskBytes] = await Promise.all([
    sizeOfAll(
      vms
        .flatMap(({ hostname }) => [memoryPath(directory, hostname), keptMemoryPath(directory, hostname)])
        .map(allocatedBytes),
    ),
    sizeOfAll(
      vms
        .flatMap(({ disks }) => disks)
        .map(async ({ layer, keptBytes }) => keptBytes ?? (await allocatedBytes(join(paths.layers, layer)))),
    ),
  ]);
  return {
    name,
    created,
    vms: vms.map(({ hostname, power }) => ({ hostname, power })),
    memoryBytes,
    diskBytes,
  };
}

async function sizeOfAll(sizes: readonly Promise<number>[]): Promise<number> {
  return (await Promise.all(sizes)).reduce((total, bytes) => total + bytes, 0);
}
