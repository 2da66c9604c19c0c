import { lstat, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Something of this machine that goes into an image: a file, or a member of a folder. */
export interface SourceFile {
  /** Absolute. */
  readonly path: string;
  /** The path below the folder; empty for the source itself. */
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'link';
  /** Permission bits. */
  readonly mode: number;
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
}

/**
 * The file at a path, or the folder and all that is in it, folders before what they hold, in the order of their names. A link at
 * the path itself is followed, one in the folder is kept.
 *
 * @throws Error for what is neither file, folder nor link; an error of the file system
 */
export async function listSourceFiles(source: string): Promise<readonly SourceFile[]> {
  const top = describe(source, '', await stat(source));
  if (top.kind !== 'folder') return [top];
  const names = await namesBelow(source);
  const members = names.sort().map(async (name) => {
    const path = join(source, name);
    return describe(path, name, await lstat(path));
  });
  return [top, ...(await Promise.all(members))];
}

/** Returns the paths of all that is in a folder. Node's own `recursive` follows links to folders. */
async function namesBelow(source: string, folder = ''): Promise<string[]> {
  const entries = await readdir(join(source, folder), { withFileTypes: true });
  const names = entries.map(async (entry) => {
    const name = join(folder, entry.name);
    return entry.isDirectory() ? [name, ...(await namesBelow(source, name))] : [name];
  });
  return (await Promise.all(names)).flat();
}

function describe(path: string, name: string, found: Awaited<ReturnType<typeof stat>>): SourceFile {
  const kind = found.isFile() ? 'file' : found.isDirectory() ? 'folder' : found.isSymbolicLink() ? 'link' : null;
  if (kind === null) throw new Error(`${path} is neither a file, a folder nor a link`);
  const { mode, size, mtimeMs } = found;
  return { path, name, kind, mode: Number(mode) & 0o7777, size: Number(size), modified: Number(mtimeMs) };
}
