import { open, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { VirtbsError } from '../errors.js';
import { startOfLast } from './start-of-last.js';

export interface LogOptions {
  /** Only that many lines from the end; without it all. */
  readonly lines?: number;
  /** Go on with what is written later, until the signal is raised. */
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

const CHUNK = 65_536;
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
    const { buffer } = await file.read(Buffer.alloc(size), 0, size, 0);
    return { place: startOfLast(buffer, lines), inode: ino };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new VirtbsError('file-unreadable', `${path}: ${reason}`, { cause: error });
  }
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
