import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Configuration } from './configuration.js';
import { loadKnownFiles } from './known-files.js';
import { readBytes, type FileBytes } from './read-bytes.js';
import type { Override } from './read-override.js';
import { readSources } from './read-sources.js';

export interface LoadOptions {
  /** The folder of virtbs itself, with `slices` and `images` in it. */
  readonly packageDirectory: string;
  /** The user's files, each laid over those before it. */
  readonly files: readonly string[];
  /** Laid over all files, in this order. */
  readonly overrides: readonly Override[];
  /** Relative paths start here; paths inside it are shown relative to it. */
  readonly cwd: string;
}

/**
 * Reads and merges the shipped files, the user's files and the overrides, and checks each of them and the whole.
 *
 * The schema is loaded by this call only, while the files are being read; the parser where a file is not known.
 *
 * @throws VirtbsError `config-invalid` with every problem, a line each: `file:line:column: what`
 */
export async function loadConfiguration(options: LoadOptions): Promise<Configuration> {
  const { packageDirectory, overrides, cwd } = options;
  const root = resolve(cwd, packageDirectory);
  const [sources, { mergeSources }] = await Promise.all([
    Promise.all([readFiles(options), loadKnownFiles(root)]).then(([files, known]) =>
      readSources({ files, overrides, cwd, known }),
    ),
    import('./merge-sources.js'),
  ]);
  return mergeSources(sources, { cwd, shipped: join(root, 'slices') });
}

async function readFiles({ packageDirectory, files, cwd }: LoadOptions): Promise<FileBytes[]> {
  const root = resolve(cwd, packageDirectory);
  const groups = await Promise.all([
    readFolder(join(root, 'slices')),
    readFolder(join(root, 'images')),
    ...files.map((file) => readBytes(resolve(cwd, file))),
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
