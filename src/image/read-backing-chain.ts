import { realpath, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { readQcow2Header } from './read-qcow2-header.js';

export interface BackingChain {
  /** The image and what it leans on, the nearest first; real paths, but for a last one that is missing. */
  readonly files: readonly string[];
  /** The reason why nobody knows what else it leans on; null where the chain was followed to its end. */
  readonly broken: string | null;
}

interface Link {
  readonly path: string;
  /** Any bytes can be in it: a guest that writes the head of a qcow2 to a raw disk makes no chain. */
  readonly raw: boolean;
}

/** Follows the backing files of a disk image of any format, without qemu. */
export async function readBackingChain(path: string): Promise<BackingChain> {
  const files: string[] = [];
  let link: Link | null = { path, raw: false };
  try {
    while (link !== null) {
      const file: string | undefined = await realpath(link.path).catch(ifMissing);
      if (file !== undefined && files.includes(file)) break;
      files.push(file ?? link.path);
      // It may go at any moment, with a slice that is wiped meanwhile.
      link = file === undefined || link.raw ? null : ((await readBackingLink(file).catch(ifMissing)) ?? null);
    }
    return { files, broken: null };
  } catch (error) {
    return { files, broken: `${files.at(-1) ?? path}: ${error instanceof Error ? error.message : String(error)}` };
  }
}

async function readBackingLink(path: string): Promise<Link | null> {
  const header = await readQcow2Header(path);
  if (!header) {
    if (path.endsWith('.qcow2') && (await stat(path)).size > 0) throw new RangeError('it is no qcow2 image');
    return null;
  }
  const { backingFile, backingFormat, externalData } = header;
  if (externalData) throw new RangeError('its data is in another file');
  if (backingFile === null) return null;
  // A colon before any slash: qemu takes what is before it for a protocol.
  if (/^[^/]*:/.test(backingFile)) throw new RangeError(`it leans on ${backingFile}`);
  return { path: resolve(dirname(path), backingFile), raw: backingFormat === 'raw' };
}

function ifMissing(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
  throw error;
}
