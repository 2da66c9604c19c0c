import { chown, lstat, mkdir, readFile, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { VirtbsError } from '../errors.js';
import { writeFileAtomic } from '../files/write-file-atomic.js';
import { addInclude, includeLine, removeInclude } from './ssh-include.js';

export interface SshConfigOptions {
  /** The user's ssh configuration. */
  readonly file: string;
  /** The folder that the files of slices are in; null for all of them, to remove. */
  readonly directory: string | null;
  readonly dryRun: boolean;
}

export interface SshConfigResult {
  readonly version: 1;
  /** The file that was changed, or would be; where the other leads by a link. */
  readonly file: string;
  /** The line; null where all lines of virtbs are meant. */
  readonly line: string | null;
  /** True if the line is there afterwards. */
  readonly installed: boolean;
  readonly change: 'added' | 'removed' | 'none';
  readonly dryRun: boolean;
}

/** The mode of a new file: only the user may read it. */
const NEW_FILE = 0o600;
const NEW_FOLDER = 0o700;

/**
 * Lets ssh know the VMs of all slices whose files are in a folder, by one line at the top of the user's configuration. Idempotent;
 * the rest of the file, its permissions and its owner stay, and a link to it stays a link.
 *
 * @throws VirtbsError `file-unwritable`, `file-unreadable`, `usage`
 */
export async function installSshInclude(
  options: SshConfigOptions & { readonly directory: string },
): Promise<SshConfigResult> {
  const line = await lineOf(options.directory);
  return await changeFile(options, { line, change: (text) => addInclude(text, line), what: 'added' });
}

/** Takes the line away again, and leaves the file otherwise as it is. */
export async function removeSshInclude(options: SshConfigOptions): Promise<SshConfigResult> {
  const line = options.directory === null ? null : await lineOf(options.directory);
  return await changeFile(options, { line, change: (text) => removeInclude(text, line ?? undefined), what: 'removed' });
}

/** The same for all paths to the folder. */
async function lineOf(directory: string): Promise<string> {
  return includeLine(await realpath(directory).catch(() => directory));
}

interface Change {
  readonly line: string | null;
  readonly change: (text: string) => string;
  readonly what: 'added' | 'removed';
}

async function changeFile(
  { file, dryRun }: SshConfigOptions,
  { line, change, what }: Change,
): Promise<SshConfigResult> {
  const target = await targetOf(file);
  const text = await readText(target);
  const next = change(text ?? '');
  const result = { version: 1, file: target, line, installed: what === 'added', dryRun } as const;
  if (next === (text ?? '')) return { ...result, change: 'none' };
  if (!dryRun) await writeText(target, next);
  return { ...result, change: what };
}

/** Returns the path of the file with all links followed. */
async function targetOf(file: string): Promise<string> {
  try {
    return await realpath(file);
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (missing && !(await lstat(file).catch(() => null))) return file;
    throw new VirtbsError('file-unreadable', `${file} leads nowhere: ${reasonOf(error)}`, {
      hint: 'make the file that it is a link to, or remove the link',
      cause: error,
    });
  }
}

async function readText(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw new VirtbsError('file-unreadable', `${file}: ${reasonOf(error)}`, {
      hint: 'see that it is a file that you can read',
      cause: error,
    });
  }
}

async function writeText(file: string, text: string): Promise<void> {
  try {
    const before = await stat(file).catch(() => null);
    if (!before) await mkdir(dirname(file), { recursive: true, mode: NEW_FOLDER });
    await writeFileAtomic(file, text, before === null ? NEW_FILE : before.mode & 0o777);
    // Only root writes files of others, and they stay theirs.
    if (before && before.uid !== process.getuid?.()) await chown(file, before.uid, before.gid);
  } catch (error) {
    throw new VirtbsError('file-unwritable', `${file}: ${reasonOf(error)}`, {
      hint: 'write the line yourself, at the top of the file: --dry-run shows it',
      cause: error,
    });
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
