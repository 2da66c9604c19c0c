import { createReadStream } from 'node:fs';

/** The most that a configuration file may hold. */
export const MOST_BYTES = 256 * 1024;

/** A file that was looked for: what it holds, one byte more than allowed at most, or why it cannot be read. */
export interface FileBytes {
  /** Absolute. */
  readonly path: string;
  readonly bytes: Uint8Array | Error;
}

/** Reads a file; pipes (`-c /dev/stdin`) and endless devices too, hence no `readFile`. */
export async function readBytes(path: string): Promise<FileBytes> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of createReadStream(path, { end: MOST_BYTES })) chunks.push(chunk as Uint8Array);
    return { path, bytes: Buffer.concat(chunks) };
  } catch (error) {
    if (error instanceof Error) return { path, bytes: error };
    throw error;
  }
}
