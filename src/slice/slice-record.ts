import { readFile } from 'node:fs/promises';
import type { SlicePaths } from '../filenames.js';
import { writeFileAtomic } from '../files/write-file-atomic.js';

/** What helps `wipe` and is written nowhere else. Losing it loses nothing: the truth is in the hypervisor. */
export interface SliceRecord {
  readonly version: 1;
  /** Absolute paths of the files that were written for people and tools. */
  readonly files: readonly string[];
}

const EMPTY: SliceRecord = { version: 1, files: [] };

/** The slice's record, or an empty one where there is none that can be read. */
export async function readSliceRecord(paths: SlicePaths): Promise<SliceRecord> {
  try {
    const record: unknown = JSON.parse(await readFile(paths.record, 'utf8'));
    return isSliceRecord(record) ? record : EMPTY;
  } catch {
    return EMPTY;
  }
}

export async function writeSliceRecord(paths: SlicePaths, record: SliceRecord): Promise<void> {
  await writeFileAtomic(paths.record, `${JSON.stringify(record, null, 2)}\n`);
}

function isSliceRecord(value: unknown): value is SliceRecord {
  if (typeof value !== 'object' || value === null || !('version' in value) || !('files' in value)) return false;
  const { version, files } = value;
  return version === 1 && Array.isArray(files) && files.every((file) => typeof file === 'string');
}
