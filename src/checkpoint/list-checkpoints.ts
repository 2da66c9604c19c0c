import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { checkpointPaths, checkpointRecordPath, keptMemoryPath, memoryPath } from '../filenames.js';
import { allocatedBytes } from '../image/allocated-bytes.js';
import { checkpointKeys, layerFiles, readCheckpointRecord } from './checkpoint-record.js';
import { keptTasks } from './kept-unit.js';

/** A checkpoint as people and programs see it. */
export interface CheckpointSummary {
  readonly key: string;
  /** Null, as all else that is not known, where its record cannot be read. */
  readonly slice: number | null;
  /** ISO 8601, UTC. */
  readonly created: string | null;
  /** When it was brought back last, or made; ISO 8601, UTC. */
  readonly used: string | null;
  readonly vms: readonly string[];
  /** Tasks that are done in it, in the order in which they were done; none in a slice as it booted. */
  readonly tasks: readonly string[];
  /** `SLOT/BUILD` of the images that it stands on. */
  readonly builds: readonly string[];
  /** Bytes that it takes on the disk. */
  readonly memoryBytes: number;
  readonly diskBytes: number;
}

/** The checkpoints of a slice, or of all; the one that was not used for longest first. Changes nothing. */
export async function listCheckpoints(root: string, slice?: number): Promise<readonly CheckpointSummary[]> {
  const keys = await checkpointKeys(root);
  const found = await Promise.all(keys.map((key) => summarize(root, key)));
  return found
    .filter((each) => slice === undefined || each.slice === slice)
    .sort((one, other) => (one.used ?? '').localeCompare(other.used ?? ''));
}

async function summarize(root: string, key: string): Promise<CheckpointSummary> {
  const { directory } = checkpointPaths(root, key);
  const record = await readCheckpointRecord(root, key);
  const changed = await stat(checkpointRecordPath(directory)).catch(() => null);
  const vms = record?.vms ?? [];
  const memory = vms.flatMap(({ hostname }) => [memoryPath(directory, hostname), keptMemoryPath(directory, hostname)]);
  const layers = record ? layerFiles(record).map((layer) => join(directory, layer)) : [];
  return {
    key,
    slice: record?.slice ?? null,
    created: record?.created ?? null,
    used: changed?.mtime.toISOString() ?? null,
    vms: vms.map(({ hostname }) => hostname),
    tasks: keptTasks(record?.units ?? []),
    builds: record?.builds ?? [],
    memoryBytes: await sumOf(memory),
    diskBytes: await sumOf(layers),
  };
}

async function sumOf(paths: readonly string[]): Promise<number> {
  const sizes = await Promise.all(paths.map(allocatedBytes));
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}
