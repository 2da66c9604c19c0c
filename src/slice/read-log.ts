import { open, stat, type FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { VirtbsError } from '../errors.js';

export interface LogOptions {
  /** Only that many lines from the end; without it all. */
  readonly lines?: number;
  /** Go on with what is written later, until the signal is raised. */
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

const CHUNK = 65_536;
const NEWLINE = 10;
/** Milliseconds between two looks at a log that is followed. */
const FOLLOW_INTERVAL = 100;

/** The bytes of a log as they are; one that is cut short or begun anew while it is followed is read from its beginning. */
export async function* readLog(path: string, { lines, follow, signal }: LogOptions): AsyncGenerator<Uint8Array> {
  let { place, inode } = await beginning(path, lines);
  while (!signal.aborted) {
    for await (const chunk of readFrom(path, place)) {
      place += chunk.length;
      yield chunk;
    }
    if (!follow) return;
    await sleep(FOLLOW_INTERVAL, undefined, { signal }).catch(() => undefined);
    const now = await stat(path).catch(() => null);
    if (now && (now.ino !== inode || now.size < place)) place = 0;
    inode = now?.ino ?? inode;
  }
}

async function beginning(path: string, lines: number | undefined): Promise<{ place: number; inode: number }> {
  try {
    await using file = await open(path, 'r');
    const { ino, size } = await file.stat();
    if (lines === undefined) return { place: 0, inode: ino };
    return { place: await startOfLastLines(file, size, lines), inode: ino };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new VirtbsError('file-unreadable', `${path}: ${reason}`, { cause: error });
  }
}

/** Finds where the last lines begin. It reads from the end, because a guest may have filled the disk. */
async function startOfLastLines(file: FileHandle, size: number, lines: number): Promise<number> {
  if (lines === 0) return size;
  let left = lines;
  for (let end = size; end > 0; end -= CHUNK) {
    const start = Math.max(0, end - CHUNK);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(end - start), 0, end - start, start);
    // A line break at the very end ends the last line.
    const last = end === size && buffer[bytesRead - 1] === NEWLINE ? bytesRead - 1 : bytesRead;
    for (let place = last; place > 0;) {
      place = buffer.lastIndexOf(NEWLINE, place - 1);
      if (place < 0) break;
      left -= 1;
      if (left === 0) return start + place + 1;
    }
  }
  return 0;
}

async function* readFrom(path: string, start: number): AsyncGenerator<Uint8Array> {
  const file = await open(path, 'r').catch(() => null);
  if (!file) return;
  try {
    for (let place = start; ;) {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(CHUNK), 0, CHUNK, place);
      if (bytesRead === 0) return;
      place += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}
