import { VirtbsError } from '../errors.js';
import { readPlainFile, type ReadOptions } from '../read-plain-file.js';

/** The most bytes that a YAML file may hold. */
export const MOST_BYTES = 256 * 1024;

/** A file that was looked for: what it holds, one byte more than allowed at most, or why it cannot be read. */
export interface FileBytes {
  /** Absolute. */
  readonly path: string;
  readonly bytes: Uint8Array | Error;
}

/**
 * Reads a file; see `readPlainFile` for what is none.
 *
 * @throws the reason of the signal once that is raised, and the VirtbsError of `accept`
 */
export async function readBytes(
  path: string,
  { signal, accept }: Pick<ReadOptions, 'signal' | 'accept'> = {},
): Promise<FileBytes> {
  try {
    return { path, bytes: await readPlainFile(path, { most: MOST_BYTES, signal, accept }) };
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof VirtbsError) throw error;
    if (error instanceof Error) return { path, bytes: error };
    throw error;
  }
}
