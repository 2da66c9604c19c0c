import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import type { TaskSettings } from '../config/task-settings.js';
import { VirtbsError } from '../errors.js';
import { digestFile } from '../files/digest-file.js';
import { describeMembers } from '../provision/describe-members.js';
import { digestOf } from '../digest-of.js';

/** Files that Ansible reads beside a playbook without being told. */
const BESIDE_PLAYBOOK = [
  'ansible.cfg', 'roles', 'group_vars', 'host_vars', 'library', 'module_utils', 'filter_plugins', 'templates', 'files', 'vars', 'tasks',
  'handlers', 'collections', 'action_plugins', 'become_plugins', 'cache_plugins', 'callback_plugins', 'connection_plugins',
  'inventory_plugins', 'lookup_plugins', 'strategy_plugins', 'test_plugins', 'vars_plugins',
]; // prettier-ignore

/** Bytes in which Linux looks for the program of a script. Source: execve(2) */
const LONGEST_FIRST_LINE = 256;

/** Python writes these beside plugins, and looks itself whether they are up to date. */
const PYTHON_CACHE = /(^|\/)__pycache__(\/|$)/;

/** The files that a task reads from this machine. */
export interface TaskSources {
  /** Digests, keyed by the names under which they are shown: `script primary.sh`. */
  readonly digests: Readonly<Record<string, string>>;
  /** The content of its script, where it has one. */
  readonly script: Buffer | null;
  /** The content of the script that is run after a restore, where it has one. */
  readonly onRestore: Buffer | null;
}

/**
 * Reads and digests the files of this machine that a task names, by what is in them, modes included.
 *
 * @throws VirtbsError `plan-invalid` with the place in the configuration
 */
export async function readTaskSources(
  task: TaskSettings,
  place: (path: readonly (string | number)[]) => string,
): Promise<TaskSources> {
  const digests: Record<string, string> = {};
  const add = async (key: string, what: string, path: string, digestAt = digestWithLinks): Promise<void> => {
    try {
      const name = `${what} ${basename(path)}`;
      const digest = await digestAt(path);
      // Two files may have the same name in two folders.
      const known = digests[name];
      digests[name] = known === undefined ? digest : digestOf([known, digest]);
    } catch (error) {
      throw new VirtbsError(
        'plan-invalid',
        `${place(['tasks', task.name, key])}: ${task.name}: ${describe(error, path)}`,
        { hint: 'correct the path: a relative one counts from the folder of the configuration file', cause: error },
      );
    }
  };
  const { action } = task;
  if (action.kind === 'script' || action.kind === 'program') await add(action.kind, action.kind, action.path);
  if (action.kind === 'ansible') {
    await add('ansible', 'playbook', action.path);
    const folder = dirname(action.path);
    const names = await readdir(folder).catch((): string[] => []);
    for (const name of BESIDE_PLAYBOOK) if (names.includes(name)) await add('ansible', 'playbook', join(folder, name));
  }
  for (const path of task.reads) await add('reads', 'file', path);
  for (const { path, source } of task.files) {
    // Which content comes to which path: two files may change places.
    const digestAt = async (from: string): Promise<string> => digestOf([path, await digestTree(from)]);
    if (source !== undefined) await add('files', 'file', source, digestAt);
  }
  if (task.onRestore !== undefined) await add('on_restore', 'on_restore', task.onRestore);
  const script = action.kind === 'script' ? await readFile(action.path) : null;
  if (script && /^#![^\n]*\r\n/.test(script.toString('latin1', 0, LONGEST_FIRST_LINE))) {
    const where = `${place(['tasks', task.name, 'script'])}: ${task.name}`;
    throw new VirtbsError(
      'plan-invalid',
      `${where}: the lines of its script end as in Windows (CR LF), and the program after #! is not found then`,
      {
        hint: 'write it with line ends of Unix: LF',
      },
    );
  }
  return {
    digests,
    script,
    onRestore: task.onRestore === undefined ? null : await readFile(task.onRestore),
  };
}

/** Returns the digest of what is read on this machine: what links of a folder lead to is read with it, wherever that is. */
async function digestWithLinks(path: string, seen = new Set<string>()): Promise<string> {
  const all = await describeMembers(path, (file) => digestFile(file.path));
  const members = all.filter(({ name }) => !PYTHON_CACHE.test(name));
  const root = await realpath(path);
  seen.add(root);
  const targets: (readonly [string, string])[] = [];
  for (const { name, kind } of members) {
    if (kind !== 'link') continue;
    const target = await linkTarget(join(path, name));
    if (target === null || seen.has(target) || target.startsWith(`${root}${sep}`)) continue;
    targets.push([name, await digestWithLinks(target, seen)]);
  }
  return digestOf(targets.length === 0 ? members : [members, targets]);
}

/** Returns the file or folder that a link leads to; null where there is none. */
async function linkTarget(path: string): Promise<string | null> {
  try {
    const found = await stat(path);
    return found.isFile() || found.isDirectory() ? await realpath(path) : null;
  } catch {
    return null;
  }
}

/** Returns the digest of what is sent to a VM: links go as links. */
async function digestTree(path: string): Promise<string> {
  return digestOf(await describeMembers(path, (file) => digestFile(file.path)));
}

function describe(error: unknown, path: string): string {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return `there is no file ${path}`;
  return error instanceof Error ? error.message : String(error);
}
