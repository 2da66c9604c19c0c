import { readdir, readFile } from 'node:fs/promises';
import type { SavedVm } from '../driver/types.js';
import type { GuestFacts } from '../output/state.js';
import { checkpointPaths, checkpointRecordPath, rootPaths } from '../filenames.js';

/** What a checkpoint is of; `checkpoint.json` in its folder, which is written last. */
export interface CheckpointRecord {
  readonly version: 1;
  readonly key: string;
  readonly slice: number;
  /** ISO 8601, UTC. */
  readonly created: string;
  /** As `planDigest` gives it. */
  readonly plan: string;
  /** `SLOT/BUILD` of the images. */
  readonly builds: readonly string[];
  /** The layers are files in the folder. */
  readonly vms: readonly SavedVm[];
  /** What the VMs said of themselves when they had booted, by host name; null for one that did not say. */
  readonly facts: Readonly<Record<string, GuestFacts | null>>;
}

const KEY = /^[0-9a-f]{16}$/;

/** The keys of the checkpoints that are whole, in no order of meaning. */
export async function checkpointKeys(root: string): Promise<readonly string[]> {
  return (await checkpointFolders(root)).filter((name) => KEY.test(name));
}

/** All names in ROOT/checkpoints, also of what is half made or half removed. */
export async function checkpointFolders(root: string): Promise<readonly string[]> {
  return await readdir(rootPaths(root).checkpoints).catch((error: unknown): string[] => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  });
}

/** Null where there is none that can be read. */
export async function readCheckpointRecord(root: string, key: string): Promise<CheckpointRecord | null> {
  try {
    const { directory } = checkpointPaths(root, key);
    const record: unknown = JSON.parse(await readFile(checkpointRecordPath(directory), 'utf8'));
    return isCheckpointRecord(record) ? record : null;
  } catch {
    return null;
  }
}

function isCheckpointRecord(value: unknown): value is CheckpointRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { version, slice, builds, vms, facts } = value as Partial<Record<keyof CheckpointRecord, unknown>>;
  if (version !== 1 || typeof slice !== 'number' || !Array.isArray(builds) || !Array.isArray(vms)) return false;
  return typeof facts === 'object' && facts !== null;
}
