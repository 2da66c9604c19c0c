import { VirtbsError } from '../errors.js';
import { loadKoffi } from '../load-koffi.js';

/** Takes the exclusive lock on an open file without waiting: true where it is taken, false where another holds it. */
export type TryFlock = (descriptor: number) => boolean;

// From <sys/file.h>; the same on every architecture of Linux.
const LOCK_EX_NB = 2 | 4;

let bound: Promise<TryFlock> | undefined;

/** Binds flock(2) of the C library, once a process, and only when the first lock is asked for. */
export function loadFlock(): Promise<TryFlock> {
  return (bound ??= bind());
}

async function bind(): Promise<TryFlock> {
  const koffi = await loadKoffi();
  const flock: (descriptor: number, operation: number) => unknown = koffi.load('libc.so.6').func('int flock(int, int)');
  return (descriptor) => {
    if (flock(descriptor, LOCK_EX_NB) === 0) return true;
    const errno = koffi.errno();
    if (errno === koffi.os.errno['EWOULDBLOCK'] || errno === koffi.os.errno['EINTR']) return false;
    throw new VirtbsError('file-unwritable', `the file system refuses locks: flock failed with error ${errno}`, {
      hint: 'put the root on a local file system: --root DIR',
    });
  };
}
