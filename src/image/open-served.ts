import type { DownloadPaths } from '../filenames.js';
import { followTransfer } from './follow-transfer.js';
import type { ImageLocation } from './image-location.js';
import type { OpenOptions, OpenTransfer } from './open-transfer.js';
import { openPart, readPart, type KeptPart, type PartFile } from './part-file.js';
import type { Retries } from './retries.js';

export interface ServedOptions extends Omit<OpenOptions, 'from'> {
  readonly retries: Retries;
  /** The paths where the bytes are kept in case that the transfer breaks off. */
  readonly paths: DownloadPaths;
  /** The part that is there already. */
  readonly kept: KeptPart | undefined;
}

/** The bytes of a file as it is served, from the first one, whether they come from the disk or over the network. */
export interface Served extends AsyncDisposable {
  readonly chunks: AsyncIterable<Buffer>;
  /** The number of bytes that were there already. */
  readonly start: number;
  readonly total: number | null;
  /** Tells whether all of them will be in the part file, in which they are on the disk once it is finished. */
  readonly part: PartFile | undefined;
}

/** A file that takes no more than moments to fetch is not worth a second one on the disk. */
const WORTH_KEEPING = 8 * 1024 * 1024;

/** Opens a transfer, or goes on with one that broke off where the file is still the same. What comes is kept as it comes. */
export async function openServed(location: ImageLocation, options: ServedOptions): Promise<Served> {
  const { paths, kept } = options;
  const transfer = await openRest(location, options);
  const { start, total, validator } = transfer;
  const keeps = validator !== null && total !== null && total >= WORTH_KEEPING;
  const part = keeps ? await openPart(paths, { start, validator, total }) : undefined;
  const rest = part ? keep(transfer.chunks, part) : transfer.chunks;
  return {
    chunks: start > 0 && kept ? join(readPart(paths, start), rest) : rest,
    start,
    total,
    part,
    [Symbol.asyncDispose]: async () => part?.[Symbol.asyncDispose](),
  };
}

function openRest(location: ImageLocation, options: ServedOptions): Promise<OpenTransfer> | OpenTransfer {
  const { kept } = options;
  return kept && kept.start === kept.total
    ? { ...kept, chunks: join() }
    : followTransfer(location, { ...options, from: kept });
}

/** Writes each chunk while those behind work on it. */
async function* keep(chunks: AsyncIterable<Buffer>, { sparse }: PartFile): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    const written = sparse.write(chunk);
    // Told below, but not before the next chunk is asked for.
    written.catch(() => undefined);
    try {
      yield chunk;
    } finally {
      await written;
    }
  }
}

async function* join(...parts: readonly AsyncIterable<Buffer>[]): AsyncGenerator<Buffer> {
  for (const part of parts) yield* part;
}
