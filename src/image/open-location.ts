import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { VirtbsError } from '../errors.js';
import type { ImageLocation } from './image-location.js';

/** An open transfer. */
export interface OpenTransfer {
  /** The bytes as they are served. To stop reading closes the transfer. */
  readonly chunks: AsyncIterable<Buffer>;
  /** How many bytes of the file come before these: as many as asked for with `from`, or 0 where it has to be all. */
  readonly start: number;
  /** Bytes of the whole file, or null where the server does not say. */
  readonly total: number | null;
  /** What tells whether the file is still the same when its rest is asked for; null where nothing does. */
  readonly validator: string | null;
}

/** A place in a file that was known by a validator. */
export interface ResumePoint {
  readonly start: number;
  readonly validator: string;
}

export interface OpenOptions {
  readonly signal: AbortSignal;
  /** Whether the bytes are compared with a digest from elsewhere: only then may a redirect lead from https to http. */
  readonly verified: boolean;
  /** Only the rest from here is wanted, if the file is still the same. */
  readonly from?: ResumePoint | undefined;
  /** Its variables say which proxies are used; none where not given. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
}

const CHUNK_BYTES = 256 * 1024;

/**
 * Opens a file or an HTTP resource for reading.
 *
 * @throws VirtbsError TransferError, `file-unreadable`
 */
export async function openLocation(location: ImageLocation, options: OpenOptions): Promise<OpenTransfer> {
  if (location.url.protocol === 'file:') return openLocalFile(fileURLToPath(location.url), options.signal);
  return (await import('./open-http.js')).openHttp(location, options);
}

async function openLocalFile(path: string, signal: AbortSignal): Promise<OpenTransfer> {
  try {
    // Not blocking: to open a named pipe would otherwise wait for its writer.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const found = await file.stat();
    if (found.isFile()) {
      return { chunks: readLocalFile(path, file, signal), start: 0, total: found.size, validator: null };
    }
    await file.close();
  } catch (error) {
    throw unreadable(path, error instanceof Error ? error.message : String(error), error);
  }
  throw unreadable(path, 'it is no plain file');
}

async function* readLocalFile(path: string, file: FileHandle, signal: AbortSignal): AsyncGenerator<Buffer> {
  try {
    yield* file.createReadStream({ signal, highWaterMark: CHUNK_BYTES }) as AsyncIterable<Buffer>;
  } catch (error) {
    throw unreadable(path, error instanceof Error ? error.message : String(error), error);
  }
}

function unreadable(path: string, reason: string, cause?: unknown): VirtbsError {
  return new VirtbsError('file-unreadable', `${path} cannot be read: ${reason}`, {
    hint: 'correct the path in the recipe, or the permissions of the file',
    cause,
  });
}
