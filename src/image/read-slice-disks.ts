import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { domainName, rootPaths, slicePaths } from '../filenames.js';
import { buildsInChain } from './builds-in-chain.js';

/** A disk image that belongs to a slice: a VM's disk, a snapshot, a checkpoint, whatever leans on builds. */
export interface SliceDisk {
  readonly path: string;
  /** Null where it is in no slice's folder. */
  readonly slice: number | null;
  /** The domain whose disk it is; null for anything else. */
  readonly domain: string | null;
  /** `SLOT/BUILD`, the nearest first. */
  readonly builds: readonly string[];
  /** The reason why it may lean on any other build, too; null where that is known. */
  readonly broken: string | null;
}

/** Files in a slice's folder that are not disks. We may not be allowed to read them. */
const NO_DISKS = /\.(?:iso|log|json|lock|tmp|memory)$/;

/**
 * Everything below the folder of the slices and that of the checkpoints, or below that of one slice, that may be a disk image, in
 * whatever folder.
 */
export async function readSliceDisks(root: string, slice?: number): Promise<readonly SliceDisk[]> {
  const { slices, checkpoints } = rootPaths(root);
  const directories = slice === undefined ? [slices, checkpoints] : [slicePaths(root, slice).directory];
  return (await Promise.all(directories.map((directory) => readFolder(root, directory)))).flat();
}

async function readFolder(root: string, directory: string): Promise<readonly SliceDisk[]> {
  let entries: readonly Dirent[];
  try {
    entries = await readdir(directory, { withFileTypes: true });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    const broken = `${directory}: ${error instanceof Error ? error.message : String(error)}`;
    return [{ path: directory, slice: sliceOf(root, directory), domain: null, builds: [], broken }];
  }
  const disks = await Promise.all(entries.map((entry) => readEntry(root, directory, entry)));
  return disks.flat();
}

async function readEntry(root: string, directory: string, entry: Dirent): Promise<readonly SliceDisk[]> {
  const path = join(directory, entry.name);
  if (entry.isDirectory()) return await readFolder(root, path);
  if (NO_DISKS.test(entry.name) || !(entry.isFile() || entry.isSymbolicLink())) return [];
  const { builds, broken } = await buildsInChain(root, path);
  if (builds.length === 0 && broken === null) return [];
  const slice = sliceOf(root, path);
  return [{ path, slice, domain: slice === null ? null : await domainOf(root, slice, path), builds, broken }];
}

function sliceOf(root: string, path: string): number | null {
  const [first = ''] = relative(rootPaths(root).slices, path).split('/');
  return /^[0-9]+$/.test(first) ? Number(first) : null;
}

/** A disk's file has the host name of its VM and the name of the disk, both of which may hold a `-`; VMs have seeds, too. */
async function domainOf(root: string, slice: number, path: string): Promise<string | null> {
  const { disks, seeds } = slicePaths(root, slice);
  if (join(disks, basename(path)) !== path) return null;
  const hosts = (await readdir(seeds).catch(() => [])).map((name) => name.replace(/\.iso$/, ''));
  const [host] = hosts
    .filter((name) => basename(path).startsWith(`${name}-`))
    .sort((one, other) => other.length - one.length);
  return host === undefined ? null : domainName(slice, host);
}
