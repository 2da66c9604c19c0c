import { resolve } from 'node:path';
import type { FileBytes } from '../yaml/read-bytes.js';
import { readYamlFile } from '../yaml/read-yaml-file.js';
import { treeAt, type TreePath } from '../yaml/tree.js';
import { readOverride, type Override } from './read-override.js';

export interface ReadEarlyOptions {
  /** Configuration files and overrides, each laid over those before it. */
  readonly files: readonly string[];
  readonly overrides: readonly Override[];
  readonly cwd: string;
  /** Reads a file. */
  readonly read: (path: string) => Promise<FileBytes>;
}

/** The places of texts that are needed before all of the configuration can be read. */
export const EARLY = { root: ['paths', 'virtbs_root'], payload: ['payload'] } as const satisfies Record<
  string,
  TreePath
>;

/** Returns such a text, as the last of the files and overrides says it; undefined for none. What is wrong in them is told later. */
export async function readEarly(
  which: keyof typeof EARLY,
  { files, overrides, cwd, read: readFile }: ReadEarlyOptions,
): Promise<string | undefined> {
  const read = await Promise.all(files.map((file) => readFile(resolve(cwd, file))));
  const trees = [
    ...read.map((file) => readYamlFile(file, cwd).tree),
    ...overrides.map((override, index) => readOverride(override, index + 1).tree),
  ];
  const found = trees.flatMap((tree) => (tree && treeAt(tree, EARLY[which])) ?? []).at(-1);
  return found?.kind === 'scalar' && typeof found.value === 'string' ? found.value : undefined;
}
