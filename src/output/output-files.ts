import { access, constants, lstat, open, readFile, rm, writeFile } from 'node:fs/promises';
import { VirtbsError } from '../errors.js';
import { outputPaths, temporaryPath, type SlicePaths } from '../filenames.js';
import { assertPathPlain } from '../files/assert-path-plain.js';
import { followPath } from '../files/follow-path.js';
import { makeReadableDirectory } from '../files/make-readable-directory.js';
import { writeFileAtomic } from '../files/write-file-atomic.js';
import type { KeyPair } from '../key/slice-keys.js';
import type { SlicePlan } from '../plan/plan.js';
import { ansibleIni, remoteAnsibleIni } from './ansible-ini.js';
import { ansibleYaml } from './ansible-yaml.js';
import { environmentFile } from './environment-file.js';
import { etcHosts } from './etc-hosts.js';
import { fileHeader, hasFileHeader } from './file-header.js';
import { instackenv } from './instackenv.js';
import { localInventory } from './inventory.js';
import type { JumpHost } from '../config/jump-host.js';
import { knownHosts } from './known-hosts.js';
import { speedlingInventory } from './speedling-inventory.js';
import { remoteSshConfig, sshConfig } from './ssh-config.js';
import { sliceState, type StateOptions } from './state.js';

export interface OutputOptions {
  readonly paths: SlicePaths;
  readonly outputDirectory: string;
  readonly hostKeys: ReadonlyMap<string, KeyPair>;
  readonly jump: JumpHost;
}

/**
 * Refuses where writing or removing the slice's files later would fail: a folder that cannot be written, or a file of that
 * name that is not ours.
 *
 * @throws VirtbsError `file-foreign`, `file-unwritable`, `usage` for a path that files cannot tell
 */
export async function checkOutputFiles(slice: number, outputDirectory: string): Promise<void> {
  assertPathPlain(outputDirectory, '--output-dir');
  for (const path of Object.values(outputPaths(outputDirectory, slice))) {
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

/** Writes the slice's files whole, all but the state, and says which. */
export async function writeOutputFiles(plan: SlicePlan, options: OutputOptions): Promise<readonly string[]> {
  const { paths, outputDirectory, hostKeys, jump } = options;
  const files = outputPaths(outputDirectory, plan.slice);
  const contents = [
    [files.knownHosts, knownHosts(plan, hostKeys)],
    ...localFiles(plan, options),
    [files.remoteSshConfig, remoteSshConfig(plan, jump, paths)],
    [files.remoteAnsible, remoteAnsibleIni(plan, jump, paths.privateKey)],
    [files.instackenv, instackenv(plan, jump)],
  ] as const;
  for (const [path, content] of contents) await writeOutputFile(path, content);
  return contents.map(([path]) => path);
}

type FilesHere = Pick<OutputOptions, 'paths' | 'outputDirectory'>;

/** The files for this machine, beside the known hosts. */
function localFiles(plan: SlicePlan, options: FilesHere): readonly (readonly [path: string, content: string])[] {
  const files = outputPaths(options.outputDirectory, plan.slice);
  const inventory = localInventory(plan, options);
  return [
    [files.sshConfig, sshConfig(plan, options)],
    [files.ansibleIni, ansibleIni(inventory)],
    [files.ansibleYaml, ansibleYaml(inventory)],
    [files.speedling, speedlingInventory(inventory)],
    [files.etcHosts, etcHosts(plan)],
    [files.environment, environmentFile(plan, options)],
  ];
}

/**
 * Writes the files of a slice of machines that virtbs did not make, and their state; one that is as it should be is left alone.
 * There are none for other machines and for TripleO: keys and power are their owner's. ssh itself adds to the known hosts.
 */
export async function writeMachineFiles(
  plan: SlicePlan,
  options: FilesHere & StateOptions,
): Promise<readonly string[]> {
  const files = outputPaths(options.outputDirectory, plan.slice);
  const contents = [...localFiles(plan, options), [files.state, stateText(plan, options)] as const];
  await writeFile(files.knownHosts, fileHeader(plan.slice, 'known hosts, to which ssh adds'), { flag: 'wx' }).catch(
    (error: unknown) => {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) {
        throw unwritable(files.knownHosts, error);
      }
    },
  );
  for (const [path, content] of contents) {
    const old = await readFile(path, 'utf8').catch(() => null);
    if (old !== content) await writeOutputFile(path, content);
  }
  return [files.knownHosts, ...contents.map(([path]) => path)];
}

function stateText(plan: SlicePlan, options: StateOptions): string {
  return `${JSON.stringify(sliceState(plan, options), null, 2)}\n`;
}

/** Writes the state of a slice that stands, and says where. */
export async function writeStateFile(plan: SlicePlan, options: StateOptions): Promise<string> {
  const { state } = outputPaths(options.outputDirectory, plan.slice);
  await writeOutputFile(state, stateText(plan, options));
  return state;
}

/** Returns the files that exist and were written for this slice, each once, whatever paths lead to it. */
export async function ownedOutputFiles(slice: number, files: Iterable<string>): Promise<readonly string[]> {
  const owned = new Map<string, string>();
  for (const path of files) {
    const place = await followPath(path);
    if (!owned.has(place) && (await ownership(slice, path)) === 'ours') owned.set(place, path);
  }
  return [...owned.values()];
}

/** Returns the files that are not among the others, whatever paths lead to these. */
export async function filesBesides(others: readonly string[], files: readonly string[]): Promise<readonly string[]> {
  const taken = new Set(await Promise.all(others.map(followPath)));
  const places = await Promise.all(files.map(followPath));
  return files.filter((_, index) => !taken.has(places[index] ?? ''));
}

/**
 * Removes those of the files that were written for this slice, and what a process that was killed has left half written of any;
 * says which. What is not ours stays.
 */
export async function removeOutputFiles(slice: number, files: readonly string[]): Promise<readonly string[]> {
  const owned = await ownedOutputFiles(slice, files);
  // In a folder that cannot be written there is nothing of ours.
  for (const path of files) await rm(temporaryPath(path), { force: true }).catch(() => undefined);
  for (const path of owned) await rm(path, { force: true });
  return owned;
}

async function writeOutputFile(path: string, content: string): Promise<void> {
  try {
    await writeFileAtomic(path, content);
  } catch (error) {
    throw unwritable(path, error);
  }
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
