import { constants } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { pid } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { VirtbsError } from '../errors.js';
import { loadFlock, type LockMode, type TryFlock } from './flock.js';
import { openPlainFile } from './open-plain-file.js';

export interface LockOptions {
  /** The work that the lock is held for, in a few words: `cycle of slice 1`. Processes that wait show it. */
  readonly holder: string;
  /** Exclusive where not given. Of several holders that share a lock the last one is named, while it holds it. */
  readonly mode?: LockMode;
  readonly signal: AbortSignal;
  /** Milliseconds to wait at most; 0 tries once; without it the signal is the only limit. */
  readonly timeout?: number;
  /** Called when waiting begins, and again when another holder has come first. */
  readonly onWait?: (holder: string) => void;
}

const POLL_MILLISECONDS = 60;

/**
 * Takes a lock on a file and keeps it until disposed. Two callers in one process exclude each other as two processes do.
 * Who waits for an exclusive lock has no turn: those who share may keep coming. The file stays, and names its holder while there is one.
 *
 * The lock is flock(2): the kernel frees it with the process, however that ends. Node offers no flock; a file with a process
 * id or a time in it is no replacement, for ids are used again, containers see other ids, and a process that is stopped or
 * starved looks like a dead one: either a dead holder blocks, or a live one is robbed.
 *
 * @throws VirtbsError `locked` after the timeout, naming the holder; `cancelled` when the signal is raised; `file-foreign`
 *   where the path is a link or no plain file; `file-unwritable` where it cannot be opened.
 */
export async function lockFile(path: string, options: LockOptions): Promise<AsyncDisposable> {
  const tryFlock = await loadFlock();
  const { mode = 'exclusive', signal, timeout = Infinity, onWait } = options;
  const limit = performance.now() + timeout;
  let announced: string | undefined;
  for (;;) {
    if (signal.aborted) throw new VirtbsError('cancelled', `${path}: interrupted while waiting for the lock`);
    const file = await tryLock(path, mode, tryFlock);
    if (file) return hold(file, path, options.holder);
    const holder = await readHolder(path);
    if (performance.now() >= limit) {
      throw new VirtbsError('locked', `${path} is locked by ${holder}`, {
        hint: 'wait until that has ended; the lock is freed with its process',
      });
    }
    if (holder !== announced) onWait?.(holder);
    announced = holder;
    // An abort ends the sleep and is seen at the top.
    await sleep(Math.min(POLL_MILLISECONDS, limit - performance.now()), undefined, { signal }).catch(() => undefined);
  }
}

async function hold(file: FileHandle, path: string, holder: string): Promise<AsyncDisposable> {
  const line = `process ${pid}: ${holder}, since ${new Date().toISOString()}`;
  await nameHolder(file, path, line);
  return {
    async [Symbol.asyncDispose]() {
      // Nobody is to be named while nobody holds it, but one who shares it may be. Closing is what frees the lock; a second
      // time does nothing.
      if ((await readLine(file).catch(() => '')) === line) await file.truncate(0).catch(() => undefined);
      await file.close();
    },
  };
}

/**
 * Writes who holds the lock, for those who wait. A disk that is full is no reason to hold none: what frees space needs its lock.
 *
 * @throws VirtbsError `file-unwritable` for any other reason
 */
async function nameHolder(file: FileHandle, path: string, line: string): Promise<void> {
  try {
    await file.truncate(0);
    await file.write(`${line}\n`, 0);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOSPC' || code === 'EDQUOT') return await file.truncate(0).catch(() => undefined);
    await file.close();
    const reason = error instanceof Error ? error.message : String(error);
    throw new VirtbsError('file-unwritable', `${path}: the lock's holder cannot be written: ${reason}`, {
      cause: error,
    });
  }
}

/** The open file with the lock on it, or nothing where another has it. */
async function tryLock(path: string, mode: LockMode, tryFlock: TryFlock): Promise<FileHandle | undefined> {
  const file = await openPlainFile(path);
  try {
    if (tryFlock(file.fd, mode) && (await isStillAt(path, file))) return file;
  } catch (error) {
    await file.close();
    throw error;
  }
  await file.close();
  return undefined;
}

/** False where the file was removed or replaced between opening and locking: the lock would be on a file nobody finds. */
async function isStillAt(path: string, file: FileHandle): Promise<boolean> {
  const [mine, there] = await Promise.all([file.stat(), stat(path).catch(() => undefined)]);
  return there !== undefined && there.ino === mine.ino && there.dev === mine.dev;
}

/**
 * Reads what the holder wrote: one line, without control characters. Between taking a lock and writing there is nothing to
 * read.
 */
async function readHolder(path: string): Promise<string> {
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const line = await readLine(file);
    return line.replaceAll(/\p{Cc}/gu, '').trim() || 'another process';
  } catch {
    return 'another process';
  }
}

async function readLine(file: FileHandle): Promise<string> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(300), 0, 300, 0);
  const [line = ''] = buffer.toString('utf8', 0, bytesRead).split('\n');
  return line;
}
