import { findKnown, type KnownFiles } from './known-files.js';
import { unpackTree } from './pack-tree.js';
import { showPath } from './place.js';
import type { FileBytes } from './read-bytes.js';
import type { Override } from './read-override.js';
import type { YamlResult } from './read-yaml.js';

export interface Sources {
  /** In the order in which they are laid over each other. */
  readonly files: readonly FileBytes[];
  /** Laid over all files. */
  readonly overrides: readonly Override[];
  readonly cwd: string;
  /** What some files hold. */
  readonly known: KnownFiles;
}

/** What each source holds, with its own problems. The parser is loaded only where something is to be read that is not known. */
export async function readSources({ files, overrides, cwd, known }: Sources): Promise<readonly YamlResult[]> {
  const found = files.map((file) => ({ file, packed: findKnown(known, file) }));
  const reader =
    overrides.length > 0 || found.some(({ packed }) => !packed) ? await import('./read-source.js') : undefined;
  return [
    ...found.flatMap(({ file, packed }) =>
      packed
        ? { tree: unpackTree(packed, showPath(file.path, cwd)), problems: [] }
        : (reader?.readFileSource(file, cwd) ?? []),
    ),
    ...overrides.flatMap((override, index) => reader?.readOverrideSource(override, index + 1) ?? []),
  ];
}
