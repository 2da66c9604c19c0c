import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Configuration } from './configuration.js';
import type { ConfigurableDriver } from './driver-section.js';
import type { ProjectFile } from '../files/find-project-file.js';
import { loadKnownFiles } from './known-files.js';
import { readBytes, type FileBytes } from '../yaml/read-bytes.js';
import type { Override } from './read-override.js';
import { readSources } from './read-sources.js';

export interface LoadOptions {
  /** The folder of virtbs itself, with `slices` and `images` in it. */
  readonly packageDirectory: string;
  /** The file of a payload, below the project's; not given for none. */
  readonly payload?: string | undefined;
  /** The file of the project, below the user's other files; null or not given for none. */
  readonly project?: ProjectFile | null;
  /** The user's files, each laid over those before it. */
  readonly files: readonly string[];
  /** Overrides, laid over all files in this order. */
  readonly overrides: readonly Override[];
  /** Relative paths start here; paths inside it are shown relative to it. */
  readonly cwd: string;
  /** Reads one of the user's files; a pipe can be read only once. */
  readonly read?: ((path: string) => Promise<FileBytes>) | undefined;
  /** Ends the wait for a pipe among the files. */
  readonly signal?: AbortSignal | undefined;
  /** The drivers that may be chosen and configured, by name; none where not given. */
  readonly drivers?: Readonly<Record<string, ConfigurableDriver>>;
}

/**
 * Reads and merges the shipped files, the user's files and the overrides, and checks each of them and the whole.
 *
 * The schema is loaded by this call only, while the files are being read; the parser and the schemas of drivers where a file is
 * not known.
 *
 * @throws VirtbsError `config-invalid` with every problem, a line each: `file:line:column: what`
 */
export async function loadConfiguration(options: LoadOptions): Promise<Configuration> {
  const { packageDirectory, overrides, cwd, drivers = {} } = options;
  const root = resolve(cwd, packageDirectory);
  const [read, { mergeSources }] = await Promise.all([
    Promise.all([readFiles(options), loadKnownFiles(root)]).then(([files, known]) =>
      readSources({ files, overrides, cwd, known, drivers }),
    ),
    import('./merge-sources.js'),
  ]);
  return mergeSources(read.sources, { cwd, shipped: join(root, 'slices'), drivers: read.drivers });
}

async function readFiles(options: LoadOptions): Promise<FileBytes[]> {
  const { packageDirectory, payload, project, files, cwd, signal } = options;
  const { read = (path: string) => readBytes(path, { signal }) } = options;
  const root = resolve(cwd, packageDirectory);
  const groups = await Promise.all([
    readFolder(join(root, 'slices')),
    readFolder(join(root, 'images')),
    ...(payload === undefined ? [] : [readBytes(resolve(cwd, payload), { signal })]),
    ...(project ? [readBytes(project.path, { signal, accept: project.accept })] : []),
    ...files.map((file) => read(resolve(cwd, file))),
  ]);
  return groups.flat();
}

/** Every `*.yaml` of a folder, by name; a folder that cannot be read is returned in the place of its files. */
async function readFolder(path: string): Promise<readonly FileBytes[]> {
  try {
    const names = (await readdir(path)).filter((name) => name.endsWith('.yaml') && !name.startsWith('.'));
    return await Promise.all(names.sort().map((name) => readBytes(join(path, name))));
  } catch (error) {
    if (error instanceof Error) return [{ path, bytes: error }];
    throw error;
  }
}
