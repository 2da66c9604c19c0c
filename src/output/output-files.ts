import { access, constants, lstat, open, rm } from 'node:fs/promises';
import { VirtbsError } from '../errors.js';
import { outputPaths, type SlicePaths } from '../filenames.js';
import { makeReadableDirectory } from '../files/make-readable-directory.js';
import { writeFileAtomic } from '../files/write-file-atomic.js';
import type { KeyPair } from '../key/slice-keys.js';
import type { SlicePlan } from '../plan/plan.js';
import { hasFileHeader } from './file-header.js';
import { knownHosts } from './known-hosts.js';
import { sshConfig } from './ssh-config.js';

export interface OutputOptions {
  readonly paths: SlicePaths;
  readonly outputDirectory: string;
  readonly hostKeys: ReadonlyMap<string, KeyPair>;
}

/**
 * Refuses where writing or removing the slice's files later would fail: a folder that cannot be written, or a file of that
 * name that is not ours.
 *
 * @throws VirtbsError `file-foreign`, `file-unwritable`
 */
export async function checkOutputFiles(slice: number, outputDirectory: string): Promise<void> {
  for (const path of Object.values(outputPaths(outputDirectory, slice)) as string[]) {
    if ((await ownership(slice, path)) !== 'foreign') continue;
    throw new VirtbsError('file-foreign', `${path} exists and was not written by virtbs for slice ${slice}`, {
      hint: 'move it away, or choose another folder with --output-dir',
    });
  }
}

/** Makes the folder where it does not exist. @throws VirtbsError `file-unwritable` where nothing could be written in it */
export async function prepareOutputDirectory(directory: string): Promise<void> {
  try {
    await makeReadableDirectory(directory);
    await access(directory, constants.W_OK);
  } catch (error) {
    throw unwritable(directory, error);
  }
}

/** Writes the slice's files whole and says which. */
export async function writeOutputFiles(plan: SlicePlan, options: OutputOptions): Promise<readonly string[]> {
  const paths = outputPaths(options.outputDirectory, plan.slice);
  const contents = [
    [paths.knownHosts, knownHosts(plan, options.hostKeys)],
    [paths.sshConfig, sshConfig(plan, options)],
  ] as const;
  for (const [path, content] of contents) {
    try {
      await writeFileAtomic(path, content);
    } catch (error) {
      throw unwritable(path, error);
    }
  }
  return contents.map(([path]) => path);
}

/** Those of the files that exist and were written for this slice. */
export async function ownedOutputFiles(slice: number, files: Iterable<string>): Promise<readonly string[]> {
  const owned: string[] = [];
  for (const path of new Set(files)) if ((await ownership(slice, path)) === 'ours') owned.push(path);
  return owned;
}

/** Removes those of the files that were written for this slice; says which. What is not ours stays. */
export async function removeOutputFiles(slice: number, files: Iterable<string>): Promise<readonly string[]> {
  const owned = await ownedOutputFiles(slice, files);
  for (const path of owned) await rm(path, { force: true });
  return owned;
}

function unwritable(path: string, cause: unknown): VirtbsError {
  return new VirtbsError('file-unwritable', `${path}: ${cause instanceof Error ? cause.message : String(cause)}`, {
    hint: 'choose a folder that you can write with --output-dir',
    cause,
  });
}

async function ownership(slice: number, path: string): Promise<'ours' | 'foreign' | 'none'> {
  try {
    if (!(await lstat(path)).isFile()) return 'foreign';
    const file = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(256), position: 0 });
      return hasFileHeader(slice, buffer.toString('utf8', 0, bytesRead)) ? 'ours' : 'foreign';
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return 'none';
    return 'foreign';
  }
}
