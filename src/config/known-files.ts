import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packTree, type PackedTree } from '../yaml/pack-tree.js';
import type { FileBytes } from '../yaml/read-bytes.js';
import type { Tree } from '../yaml/tree.js';

/** The content of files at the time when virtbs was built, keyed by a digest of their bytes. */
export type KnownFiles = Readonly<Record<string, PackedTree>>;

/** The path of the file, below the folder of virtbs. The build makes it from the shipped files. */
const KNOWN_FILES = 'dist/bundle/known-files.json';

/** None where virtbs was not built whole. */
export async function loadKnownFiles(packageDirectory: string): Promise<KnownFiles> {
  const text = await readFile(join(packageDirectory, KNOWN_FILES), 'utf8').catch(() => '{}');
  return JSON.parse(text) as KnownFiles;
}

/** Returns the content of a file that is the same, to the last byte, as at that time; undefined for any other file. */
export function findKnown(known: KnownFiles, { bytes }: Pick<FileBytes, 'bytes'>): PackedTree | undefined {
  return bytes instanceof Error ? undefined : known[digestOf(bytes)];
}

/** @param files with what they hold, which is free of problems */
export function makeKnownFiles(files: readonly (readonly [bytes: Uint8Array, tree: Tree])[]): KnownFiles {
  return Object.fromEntries(files.map(([bytes, tree]) => [digestOf(bytes), packTree(tree)]));
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
