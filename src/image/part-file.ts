import { createReadStream } from 'node:fs';
import { lstat, readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { downloadSlot, rootPaths, type DownloadPaths } from '../filenames.js';
import { makeReadableDirectory } from '../files/make-readable-directory.js';
import { openPlainFile } from '../files/open-plain-file.js';
import { writeFileAtomic } from '../files/write-file-atomic.js';
import type { ResumePoint } from './open-transfer.js';
import { SparseFile } from './sparse-file.js';

/** The part of a transfer that broke off: the first `start` of `total` bytes. */
export interface KeptPart extends ResumePoint {
  readonly total: number;
}

/** The bytes of a transfer on the disk, as they come. */
export interface PartFile extends AsyncDisposable {
  readonly sparse: SparseFile;
}

interface PartRecord {
  readonly version: 1;
  readonly validator: string;
  readonly total: number;
}

const CHUNK_BYTES = 1024 * 1024;

/** Looks for a transfer that broke off; what cannot be gone on with counts as nothing. */
export async function findPart({ part, record }: DownloadPaths): Promise<KeptPart | undefined> {
  const known = parseRecord(await readFile(record, 'utf8').catch(() => ''));
  const found = await lstat(part).catch(() => undefined);
  if (!known || !found?.isFile() || found.size === 0 || found.size > known.total) return undefined;
  return { start: found.size, validator: known.validator, total: known.total };
}

/** Opens the file of a transfer behind its first `start` bytes; what it has after them goes. */
export async function openPart(
  { part, record }: DownloadPaths,
  { start, validator, total }: KeptPart,
): Promise<PartFile> {
  await makeReadableDirectory(dirname(part));
  if (start === 0) await rm(part, { force: true });
  await writeFileAtomic(record, `${JSON.stringify({ version: 1, validator, total } satisfies PartRecord)}\n`, 0o600);
  const file = await openPlainFile(part);
  try {
    await file.truncate(start);
  } catch (error) {
    await file.close();
    throw error;
  }
  return { sparse: new SparseFile(file, start), [Symbol.asyncDispose]: () => file.close() };
}

/** The first bytes of what is there. */
export async function* readPart({ part }: DownloadPaths, length: number): AsyncGenerator<Buffer> {
  if (length > 0)
    yield* createReadStream(part, { end: length - 1, highWaterMark: CHUNK_BYTES }) as AsyncIterable<Buffer>;
}

export async function removePart({ part, record }: DownloadPaths): Promise<void> {
  await Promise.all([part, record].map((path) => rm(path, { force: true })));
}

/** Removes all that is there of transfers for a slot. The caller holds the slot's lock. */
export async function removeParts(root: string, slot: string): Promise<void> {
  const { downloads } = rootPaths(root);
  const names = await readdir(downloads).catch(() => []);
  const ours = names.filter((name) => downloadSlot(name) === slot);
  await Promise.all(ours.map((name) => rm(join(downloads, name), { force: true })));
}

function parseRecord(text: string): PartRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { version, validator, total }: Partial<Record<keyof PartRecord, unknown>> = value;
  return version === 1 && typeof validator === 'string' && typeof total === 'number'
    ? { version, validator, total }
    : undefined;
}
