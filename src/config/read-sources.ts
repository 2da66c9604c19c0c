import { loadDriverSections, type ConfigurableDriver, type DriverSections } from './driver-section.js';
import { findKnown, type KnownFiles } from './known-files.js';
import { unpackTree, type PackedTree } from '../yaml/pack-tree.js';
import { showPath } from '../yaml/place.js';
import type { FileBytes } from '../yaml/read-bytes.js';
import type { Override } from './read-override.js';
import type { YamlResult } from '../yaml/read-yaml.js';

export interface Sources {
  /** Files, in the order in which they are laid over each other. */
  readonly files: readonly FileBytes[];
  /** Overrides, laid over all files. */
  readonly overrides: readonly Override[];
  readonly cwd: string;
  /** The content of some files. */
  readonly known: KnownFiles;
  readonly drivers: Readonly<Record<string, ConfigurableDriver>>;
}

export interface ReadSources {
  /** The content of each source, with its own problems. */
  readonly sources: readonly YamlResult[];
  /** The drivers with their sections, where one of the sources may have any. */
  readonly drivers: DriverSections;
}

/** Reads what each source holds. The parser and the sections of drivers are loaded only where something is to be read that is not known. */
export async function readSources({ files, overrides, cwd, known, drivers: all }: Sources): Promise<ReadSources> {
  const found = files.map((file) => ({ file, packed: findKnown(known, file) }));
  const isKnown = overrides.length === 0 && found.every(({ packed }) => packed && !hasAny(packed, all));
  const drivers = isKnown ? { names: Object.keys(all), sections: {} } : await loadDriverSections(all);
  const reader = isKnown ? undefined : await import('./read-source.js');
  const sources = [
    ...found.flatMap(({ file, packed }) =>
      packed
        ? { tree: unpackTree(packed, showPath(file.path, cwd)), problems: [] }
        : (reader?.readFileSource(file, cwd, drivers) ?? []),
    ),
    ...overrides.flatMap((override, index) => reader?.readOverrideSource(override, index + 1, drivers) ?? []),
  ];
  return { sources, drivers };
}

/** Tells whether a driver's section may be in it. */
function hasAny(packed: PackedTree, drivers: Sources['drivers']): boolean {
  return 'entries' in packed && packed.entries.some(([name]) => Object.hasOwn(drivers, name));
}
