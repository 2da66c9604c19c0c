import type { OpenOptions, OpenTransfer } from './open-transfer.js';
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { VirtbsError } from '../errors.js';
import type { ImageLocation } from './image-location.js';

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
