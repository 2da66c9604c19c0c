import { chmod, constants, copyFile, mkdir, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { packageDirectory } from '../package-directory.js';
import { runProgram } from '../process/run-program.js';
import { shellQuote } from '../text/shell-quote.js';
import { scriptOf } from './script-of.js';
import { listSourceFiles } from './source-files.js';
import type { Provision, ProvisionFile } from '../config/provision.js';

/** A folder of the guest, with its mode where it has to be made. */
interface GuestFolder {
  readonly path: string;
  readonly mode: number;
}

export interface PayloadOptions {
  readonly signal: AbortSignal;
  /** A script of this machine that the guest runs at the very end. */
  readonly last?: string | undefined;
}

/**
 * Writes what a guest needs to be provisioned into a new folder: `run`, for `sh PAYLOAD/run` as root, and what that wants beside
 * it. A folder that is missing in the guest gets the mode of its source; one that is there keeps its own.
 *
 * @throws an error of the file system; VirtbsError `program-missing`, `program-failed`, `cancelled`
 */
export async function writePayload(
  folder: string,
  provision: Provision,
  { signal, last }: PayloadOptions,
): Promise<void> {
  await mkdir(join(folder, 'scripts'), { recursive: true });
  await copyFile(join(await packageDirectory(), 'images', 'provision', 'run'), join(folder, 'run'));
  const lines = [...(await writeFiles(folder, provision.files ?? [], signal))];
  if (provision.packages && provision.packages.length > 0) lines.push(call('packages', provision.packages));
  for (const [index, given] of (provision.scripts ?? []).entries()) {
    const { file, inline = '', arguments: args = [] } = scriptOf(given);
    const number = String(index + 1);
    const target = join(folder, 'scripts', number);
    if (file === undefined) await writeFile(target, inline);
    else await copyFile(file, target);
    lines.push(call('script', [number, file === undefined ? `inline-${number}` : basename(file), ...args]));
  }
  if (last !== undefined) {
    await copyFile(last, join(folder, 'last'));
    lines.push('last');
  }
  await writeFile(join(folder, 'recipe'), lines.map((line) => `${line}\n`).join(''));
}

/** One line of a shell: a command and its words. */
function call(command: string, words: readonly string[]): string {
  return [command, ...words.map(shellQuote)].join(' ');
}

/** Makes `files.tar` with everything but folders, which would change those that are there. */
async function writeFiles(
  folder: string,
  files: readonly ProvisionFile[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (files.length === 0) return [];
  const tree = join(folder, 'tree');
  const folders: GuestFolder[] = [];
  const names = new Set<string>();
  for (const file of files) {
    for (const name of await stageFile(tree, file, folders)) names.add(`.${name}`);
  }
  const options = ['--no-recursion', '--owner=0', '--group=0', '--numeric-owner', '--null', '--files-from=-'];
  await runProgram('tar', ['--create', '--file', join(folder, 'files.tar'), '--directory', tree, ...options], {
    signal,
    input: [...names].map((name) => `${name}\0`).join(''),
  });
  await rm(tree, { recursive: true });
  return [...folders.map(({ path, mode }) => call('folder', [mode.toString(8), path])), 'files'];
}

/** Puts a file or a folder where it belongs below `tree`; returns the guest's paths of what is no folder. */
async function stageFile(
  tree: string,
  { path, source, content = '', mode }: ProvisionFile,
  folders: GuestFolder[],
): Promise<readonly string[]> {
  const given = mode === undefined ? undefined : Number.parseInt(mode, 8);
  await mkdir(dirname(join(tree, path)), { recursive: true });
  if (source === undefined) {
    await writeFile(join(tree, path), content);
    await chmod(join(tree, path), given ?? 0o644);
    return [path];
  }
  const names: string[] = [];
  for (const member of await listSourceFiles(source)) {
    const name = member.name === '' ? path : join(path, member.name);
    const target = join(tree, name);
    const memberMode = (member.name === '' ? given : undefined) ?? member.mode;
    if (member.kind === 'folder') {
      await mkdir(target, { recursive: true });
      folders.push({ path: name, mode: memberMode });
      continue;
    }
    await rm(target, { force: true });
    if (member.kind === 'link') await symlink(await readlink(member.path), target);
    else {
      await copyFile(member.path, target, constants.COPYFILE_FICLONE);
      await chmod(target, memberMode);
    }
    names.push(name);
  }
  return names;
}
