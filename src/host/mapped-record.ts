import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { mappedRecordPath } from '../filenames.js';
import { writeFileAtomic } from '../files/write-file-atomic.js';

const RECORD = z.object({
  /** A text that is another one where the trial has to be made again. */
  host: z.string(),
  /** ISO 8601, UTC. */
  tried: z.string(),
  libvirt: z.string(),
  emulator: z.string(),
  /** Why memory cannot be mapped; null where it can. */
  reason: z.string().nullable(),
  /** Whether the emulator maps a file privately that it may only read. */
  readOnly: z.boolean(),
});

/** What a trial has shown: whether emulators of this host can have memory that is a file. */
export type MappedRecord = z.infer<typeof RECORD>;

/** Null where it was not tried with this root, or the record cannot be read. */
export async function readMappedRecord(root: string): Promise<MappedRecord | null> {
  try {
    return RECORD.parse(JSON.parse(await readFile(mappedRecordPath(root), 'utf8')));
  } catch {
    return null;
  }
}

/** A root that cannot be written to remembers nothing. */
export async function writeMappedRecord(root: string, record: MappedRecord): Promise<void> {
  await writeFileAtomic(mappedRecordPath(root), `${JSON.stringify(record, null, 2)}\n`).catch(() => undefined);
}
