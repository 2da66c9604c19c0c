import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { VirtbsError } from '../errors.js';
import { rootPaths, slotPaths } from '../filenames.js';
import { allocatedBytes } from './allocated-bytes.js';
import { listSlots } from './list-slots.js';
import type { ImagesLockOptions } from './lock-images.js';
import { lockSlot } from './lock-slot.js';
import { isTemporary } from './make-build.js';

/** A file or folder that broken work has left. */
export interface LeftOver {
  /** Half-made or half-removed builds and tags; downloads that broke off; logs of builds that failed. */
  readonly kind: 'left-over' | 'download' | 'log';
  readonly path: string;
  /** Taken up on the disk. */
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly changed: number;
}

/** All of it, but for what is half made in a slot that somebody works on. */
export async function findLeftOvers(root: string, options: ImagesLockOptions): Promise<readonly LeftOver[]> {
  const { downloads, logs } = rootPaths(root);
  const found = [...(await describeAll('download', downloads)), ...(await describeAll('log', logs))];
  for (const slot of await listSlots(root)) {
    const { directory, tags } = slotPaths(root, slot);
    const mine = [
      ...(await describeAll('left-over', directory, isTemporary)),
      ...(await describeAll('left-over', tags, isTemporary)),
    ];
    if (mine.length > 0 && !(await isWorkedOn(root, slot, options))) found.push(...mine);
  }
  return found;
}

async function isWorkedOn(root: string, slot: string, options: ImagesLockOptions): Promise<boolean> {
  // A lock that was never taken is not made only to see that it is free.
  if (!(await lstat(slotPaths(root, slot).lock).catch(() => undefined))) return false;
  try {
    await using _lock = await lockSlot(root, slot, { ...options, lockTimeout: 0 });
    return false;
  } catch (error) {
    if (error instanceof VirtbsError && error.code === 'locked') return true;
    throw error;
  }
}

async function describeAll(
  kind: LeftOver['kind'],
  folder: string,
  isMeant: (name: string) => boolean = () => true,
): Promise<readonly LeftOver[]> {
  const names = await readdir(folder).catch(() => []);
  const found = names.filter(isMeant).map(async (name) => {
    const path = join(folder, name);
    const entry = await lstat(path).catch(() => undefined); // whoever works on it may be done with it meanwhile
    return entry ? [{ kind, path, bytes: await allocatedBytes(path), changed: entry.mtimeMs }] : [];
  });
  return (await Promise.all(found)).flat();
}
