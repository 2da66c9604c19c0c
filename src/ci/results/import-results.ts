import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { VirtbsError } from '../../errors.js';
import { digestFile } from '../../files/digest-file.js';
import { deriveUuid } from '../../plan/derive-uuid.js';
import type { Store } from '../store/store.js';
import type { ResultProblem } from './parsed-results.js';
import { readResultFile } from './read-results.js';
import { areRecorded, recordResults, runMetadata, type ResultCounts } from './record-results.js';

export interface ImportOptions {
  readonly files: readonly string[];
  /** Where relative paths begin. */
  readonly cwd: string;
  /** ISO 8601; the time of each file where not given. */
  readonly at: string | undefined;
  readonly job: string | undefined;
  readonly branch: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

export interface ImportedFile {
  readonly file: string;
  /** The run in the tables of results. */
  readonly uuid: string;
  /** False where the same file was imported before: it counts once. */
  readonly isNew: boolean;
  readonly counts: ResultCounts;
  readonly problems: readonly ResultProblem[];
}

/**
 * Writes the results of files into the database, each as a run. A file that was imported before is read again and takes the place of
 * what it was.
 *
 * @throws VirtbsError `file-unreadable` where a file cannot be read, or has no results
 */
export async function importResults(store: Store, options: ImportOptions): Promise<readonly ImportedFile[]> {
  const { files, cwd, at, job, branch, metadata, signal } = options;
  const imported: ImportedFile[] = [];
  for (const file of files) {
    const path = resolve(cwd, file);
    try {
      const parsed = await readResultFile(path, { name: file, signal });
      if (parsed.tests.length === 0) throw noResults(file, parsed.problems);
      const uuid = deriveUuid(`results:${await digestFile(path)}:${job ?? ''}:${branch ?? ''}`);
      const isNew = !(await areRecorded(store, uuid));
      const time =
        at ??
        parsed.tests.find(({ startedAt }) => startedAt !== undefined)?.startedAt ??
        (await stat(path)).mtime.toISOString();
      const all = { ...runMetadata({ job, branch }), ...metadata };
      const counts = await recordResults(store, { uuid, at: time, tests: parsed.tests, metadata: all });
      imported.push({ file, uuid, isNew, counts, problems: parsed.problems });
    } catch (error) {
      if (error instanceof VirtbsError || !(error instanceof Error) || !('code' in error)) throw error;
      throw new VirtbsError('file-unreadable', `${file}: cannot be read: ${error.message}`, { cause: error });
    }
  }
  return imported;
}

function noResults(file: string, problems: readonly ResultProblem[]): VirtbsError {
  const why = problems.map(({ place, message }) => `${place}: ${message}`).join('\n');
  return new VirtbsError('file-unreadable', why || `${file}: there are no results in it`, {
    hint: 'give a file of subunit v2, JUnit XML or TAP',
  });
}
