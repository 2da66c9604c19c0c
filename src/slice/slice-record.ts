import { readFile } from 'node:fs/promises';
import { basename, isAbsolute } from 'node:path';
import { outputPaths, type SlicePaths } from '../filenames.js';
import { writeFileAtomic } from '../files/write-file-atomic.js';

/** Facts that help `wipe` and are written nowhere else. Losing it loses nothing: the truth is in the hypervisor. */
export interface SliceRecord {
  readonly version: 1;
  /** Absolute paths of the files that were written for people and tools. */
  readonly files: readonly string[];
  /** The file of the project that built the slice; null, or not there, for none. */
  readonly project?: string | null;
}

const EMPTY: SliceRecord = { version: 1, files: [] };

/**
 * The slice's record, or an empty one where there is none that can be read. It is not believed: a path in it counts only where virtbs
 * writes a file of that name for this slice.
 */
export async function readSliceRecord(paths: SlicePaths): Promise<SliceRecord> {
  try {
    const record: unknown = JSON.parse(await readFile(paths.record, 'utf8'));
    if (!isSliceRecord(record)) return EMPTY;
    const names = new Set(
      Object.values(outputPaths('/', Number(basename(paths.directory)))).map((path) => basename(path)),
    );
    return { ...record, files: record.files.filter((file) => isAbsolute(file) && names.has(basename(file))) };
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
  const project = 'project' in value ? value.project : null;
  if (project !== null && typeof project !== 'string') return false;
  return version === 1 && Array.isArray(files) && files.every((file) => typeof file === 'string');
}
