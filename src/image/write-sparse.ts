import { open, type FileHandle } from 'node:fs/promises';
import { VirtbsError } from '../errors.js';

const ZEROS = Buffer.alloc(64 * 1024);

/**
 * Writes bytes to a new file and waits until they are on the disk. Where they are zeros the file gets holes.
 *
 * @returns the length in bytes
 * @throws VirtbsError `image-corrupt` where there are more than `limit` bytes; an error of the file system
 */
export async function writeSparse(path: string, chunks: AsyncIterable<Buffer>, limit: number): Promise<number> {
  await using file = await open(path, 'w', 0o644);
  let length = 0;
  for await (const chunk of chunks) {
    if (length + chunk.length > limit) throw tooLong(limit);
    await writeNonZero(file, chunk, length);
    length += chunk.length;
  }
  await file.truncate(length);
  await file.sync();
  return length;
}

/** Runs of pieces that are not all zero are written in one go. */
async function writeNonZero(file: FileHandle, chunk: Buffer, position: number): Promise<void> {
  let from = 0;
  for (let at = 0; at < chunk.length; at += ZEROS.length) {
    const piece = chunk.subarray(at, at + ZEROS.length);
    if (!piece.equals(ZEROS.subarray(0, piece.length))) continue;
    await writeAll(file, chunk.subarray(from, at), position + from);
    from = at + piece.length;
  }
  await writeAll(file, chunk.subarray(from), position + from);
}

/** A write may take fewer bytes than it is given, above all shortly before the disk is full. */
async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

function tooLong(limit: number): VirtbsError {
  return new VirtbsError('image-corrupt', `the image has more than ${limit} bytes when decompressed`, {
    hint: 'see whether it is what it says; a small file that grows without end is made to fill disks',
  });
}
