import { constants, openSync, type Stats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { Socket } from 'node:net';
import { addAbortSignal } from 'node:stream';
import { isatty } from 'node:tty';

export interface ReadOptions {
  /** Bytes; of a longer file one more than that is returned. */
  readonly most: number;
  /** Ends the wait for a pipe. */
  readonly signal?: AbortSignal | undefined;
  /** Refuses the file once it is open, by throwing. */
  readonly accept?: ((found: Stats) => void) | undefined;
}

const CHUNK = 64 * 1024;

/** Paths of pipes that the shell made and that somebody writes to: `… | virtbs -c /dev/stdin`, `virtbs -c <(…)`. */
const GIVEN = /^\/(?:dev\/(?:stdin|fd\/\d+)|proc\/self\/fd\/\d+)$/;

/**
 * Reads a file whose path somebody gave us, and never waits for what is none: a named pipe, a socket and a terminal are refused
 * at once. Pipes that the shell gives are read, until their end or the signal; of endless devices only so much.
 *
 * @throws Error of the file system, or one that says what it is instead of a file
 */
export async function readPlainFile(path: string, { most, signal, accept }: ReadOptions): Promise<Buffer> {
  signal?.throwIfAborted();
  // Not blocking: to open a named pipe would otherwise wait for its writer.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const found = await file.stat();
    accept?.(found);
    if (found.isFIFO() && GIVEN.test(path)) return await readPipe(path, { most, signal });
    const kind = kindOf(found, file);
    if (kind !== null) throw new Error(`this is ${kind}, not a file`);
    return await readHandle(file, most + 1);
  } finally {
    await file.close();
  }
}

/** Returns the kind of a file that cannot be read to its end without waiting; null for any other file. */
function kindOf(found: Stats, { fd }: FileHandle): string | null {
  if (found.isFIFO()) return 'a named pipe';
  if (found.isSocket()) return 'a socket';
  return found.isCharacterDevice() && isatty(fd) ? 'a terminal' : null;
}

async function readHandle(file: FileHandle, most: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for (let left = most; left > 0;) {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(CHUNK, left)), 0, undefined, null);
    if (bytesRead === 0) break;
    chunks.push(buffer.subarray(0, bytesRead));
    left -= bytesRead;
  }
  return Buffer.concat(chunks);
}

async function readPipe(path: string, { most, signal }: ReadOptions): Promise<Buffer> {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const socket = new Socket({ fd, readable: true, writable: false });
  if (signal) addAbortSignal(signal, socket);
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > most) break;
  }
  return Buffer.concat(chunks).subarray(0, most + 1);
}
