import { readdir, readFile } from 'node:fs/promises';
import { SNAPSHOT } from '../config/names.js';
import { unknownWord } from '../text/unknown-word.js';
import { isKeptVms } from '../driver/is-kept-vms.js';
import type { KeptVm } from '../driver/types.js';
import { VirtbsError } from '../errors.js';
import { snapshotPaths, snapshotRecordPath, type SlicePaths } from '../filenames.js';
import type { VmPlan } from '../plan/plan.js';

/** The record of a snapshot: `snapshot.json` in its folder. It is written last. */
export interface SnapshotRecord {
  readonly version: 1;
  readonly name: string;
  /** ISO 8601, UTC. */
  readonly created: string;
  /** The plans that the VMs were made from. */
  readonly plans: readonly VmPlan[];
  readonly vms: readonly KeptVm[];
}

/** @throws VirtbsError `usage` for what cannot name a snapshot */
export function assertSnapshotName(name: string): void {
  if (SNAPSHOT.pattern.test(name)) return;
  throw new VirtbsError('usage', `${JSON.stringify(name)} is not a name of a snapshot`, {
    hint: `a name is ${SNAPSHOT.allowed}`,
  });
}

/** The names of the snapshots that are whole, in the order of the alphabet. */
export async function snapshotNames({ snapshots }: SlicePaths): Promise<readonly string[]> {
  const names = await readdir(snapshots).catch((error: unknown): string[] => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  });
  return names.filter((name) => SNAPSHOT.pattern.test(name)).sort();
}

/** @throws VirtbsError `snapshot-unknown` */
export async function assertSnapshotKnown(paths: SlicePaths, slice: number, name: string): Promise<void> {
  assertSnapshotName(name);
  const names = await snapshotNames(paths);
  if (names.includes(name)) return;
  throw new VirtbsError('snapshot-unknown', unknownWord(`slice ${slice} has no snapshot`, name, names), {
    hint: `virtbs -s ${slice} snapshot make ${name} makes it; virtbs -s ${slice} snapshot ls lists them`,
  });
}

/** @throws VirtbsError `file-unreadable` */
export async function readSnapshotRecord(paths: SlicePaths, name: string): Promise<SnapshotRecord> {
  const path = snapshotRecordPath(snapshotPaths(paths, name).directory);
  try {
    const record: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (!isSnapshotRecord(record)) throw new RangeError('it is no snapshot of this version of virtbs');
    return record;
  } catch (cause) {
    throw new VirtbsError('file-unreadable', `${path}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      hint: `virtbs snapshot rm ${name} removes the snapshot`,
      cause,
    });
  }
}

function isSnapshotRecord(value: unknown): value is SnapshotRecord {
  if (typeof value !== 'object' || value === null) return false;
  const record = value as Partial<Record<keyof SnapshotRecord, unknown>>;
  return record.version === 1 && Array.isArray(record.plans) && isKeptVms(record.vms);
}
