import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { outputPaths, slicePaths } from '../filenames.js';
import { readSliceRecord } from './slice-record.js';

export interface OutputDirectoryOptions {
  readonly slice: number;
  readonly root: string;
  /** The folder to look in besides those of the slice's record. */
  readonly outputDirectory: string;
}

/** The folder that the slice's files were written to, or the one we are told where that is not known. */
export async function findOutputDirectory(options: OutputDirectoryOptions): Promise<string> {
  const { slice, root, outputDirectory } = options;
  const { files } = await readSliceRecord(slicePaths(root, slice));
  const folders = [...new Set(files.map((file) => dirname(file))), outputDirectory];
  return folders.find((folder) => existsSync(outputPaths(folder, slice).sshConfig)) ?? outputDirectory;
}
