import { readdir, readFile } from 'node:fs/promises';
import * as z from 'zod';
import { isKeptVms, isPlainName } from '../driver/is-kept-vms.js';
import type { KeptVm } from '../driver/types.js';
import type { GuestFacts } from '../output/state.js';
import { checkpointPaths, checkpointRecordPath, rootPaths } from '../filenames.js';
import { keptUnitSchema, type KeptUnit } from './kept-unit.js';

/** The record of a checkpoint: `checkpoint.json` in its folder. It is written last. */
export interface CheckpointRecord {
  readonly version: 1;
  readonly key: string;
  readonly slice: number;
  /** ISO 8601, UTC. */
  readonly created: string;
  /** The digest that `planDigest` returns. */
  readonly plan: string;
  /** `SLOT/BUILD` of the images. */
  readonly builds: readonly string[];
  /** The layers are files in the folder. */
  readonly vms: readonly KeptVm[];
  /** The facts that each VM told after its boot, keyed by host name; null where it told none. */
  readonly facts: Readonly<Record<string, GuestFacts | null>>;
  /** The key of the same slice without tasks; missing where no task is done. */
  readonly base?: string;
  /** Tasks that were done. */
  readonly units?: readonly KeptUnit[];
  /** The folder of the slice's files, for which tasks that ran on this machine did their work. */
  readonly outputDirectory?: string;
  /** All files in the folder that disks stand on, also those that layers stand on; missing where these are the layers of `vms`. */
  readonly layers?: readonly string[];
  /** Milliseconds that keeping took. */
  readonly milliseconds?: number;
}

/** Returns the key that the checkpoint has in common with all others of the same slice, whatever tasks are done in them. */
export function baseKey({ base, key }: CheckpointRecord): string {
  return base ?? key;
}

/** Returns the names of the files that the disks stand on. */
export function layerFiles({ layers, vms }: CheckpointRecord): readonly string[] {
  return layers ?? vms.flatMap(({ disks }) => disks.map(({ layer }) => layer));
}

const keptUnits = z.array(keptUnitSchema).optional();

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
  const { version, slice, builds, vms, facts, units, layers } = value as Partial<
    Record<keyof CheckpointRecord, unknown>
  >;
  if (!keptUnits.safeParse(units).success) return false;
  if (layers !== undefined && !(Array.isArray(layers) && layers.every(isPlainName))) return false;
  if (version !== 1 || typeof slice !== 'number' || !Array.isArray(builds) || !isKeptVms(vms)) return false;
  return typeof facts === 'object' && facts !== null;
}
