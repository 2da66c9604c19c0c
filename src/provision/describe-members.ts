import { readlink } from 'node:fs/promises';
import { listSourceFiles, type SourceFile } from './source-files.js';

/** A file, folder or link as a key covers it: where it is on this machine does not count. */
export interface DescribedMember {
  /** Below the folder; empty for what was asked for itself. */
  readonly name: string;
  readonly kind: SourceFile['kind'];
  /** Permission bits; null for a link. */
  readonly mode: number | null;
  /** The digest of a file, the target of a link; null for a folder. */
  readonly content: string | null;
}

/**
 * Describes a file, or a folder with all that is in it, by what is in it, modes included.
 *
 * @throws what `listSourceFiles` throws; an error of the file system
 */
export async function describeMembers(
  source: string,
  digest: (file: SourceFile) => Promise<string>,
): Promise<readonly DescribedMember[]> {
  const found = await listSourceFiles(source);
  const members = found.map(async (file) => ({
    name: file.name,
    kind: file.kind,
    mode: file.kind === 'link' ? null : file.mode,
    content: file.kind === 'file' ? await digest(file) : file.kind === 'link' ? await readlink(file.path) : null,
  }));
  return await Promise.all(members);
}
