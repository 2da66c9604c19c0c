import type { Stats } from 'node:fs';
import { lstat, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { geteuid } from 'node:process';
import { VirtbsError } from '../errors.js';
import { PROJECT_FILE } from '../filenames.js';

/** The file of the project that one stands in. */
export interface ProjectFile {
  /** Absolute. */
  readonly path: string;
  /** Refuses the file, once it is open, unless it is ours; missing where it is given by name. @throws VirtbsError `project-foreign` */
  readonly accept?: (found: Stats) => void;
}

/** Who may own a project's file. */
export interface FileOwners {
  /** The user that this process works as. */
  readonly uid: number;
  /** The user that called `sudo`, where one did. */
  readonly sudoUid?: number | undefined;
}

export interface FindOptions {
  /** The folder where the search begins; absolute. */
  readonly cwd: string;
  /** The last folder that is looked in, where the search comes by it. */
  readonly home?: string;
  readonly owners?: FileOwners;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The permission of everybody to write. */
const WRITABLE_BY_ALL = 0o002;

/**
 * Finds `virtbs.yaml` in a folder or the next one above that has it. The search ends behind the home folder, and where another file
 * system begins. A file that is not ours is found as well: whoever reads it, refuses it.
 */
export async function findProjectFile({
  cwd,
  home = homeFolder(),
  owners = fileOwners({}),
}: FindOptions): Promise<ProjectFile | null> {
  const device = (await lookAt(cwd))?.dev;
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    const path = join(folder, PROJECT_FILE);
    const link = await lookAt(path, lstat);
    if (link) return { path, accept: (found) => [link, found].forEach((each) => refuseForeign(path, each, owners)) };
    const above = dirname(folder);
    if (folder === above || (home !== undefined && folder === resolve(home))) return null;
    if ((await lookAt(above))?.dev !== device) return null;
  }
}

/** Undefined where nobody says which it is: no variable, and a user in no list. */
function homeFolder(): string | undefined {
  try {
    return homedir();
  } catch {
    return undefined;
  }
}

/** Returns who may own a project's file for this process. */
export function fileOwners(env: Environment): FileOwners {
  const uid = geteuid?.() ?? 0;
  const sudoUid = env['SUDO_UID'];
  return { uid, sudoUid: uid === 0 && sudoUid !== undefined && /^\d+$/.test(sudoUid) ? Number(sudoUid) : undefined };
}

/**
 * Refuses a file that another user owns or may change: it says which programs run here. root may do all anyway.
 *
 * @throws VirtbsError `project-foreign`
 */
export function refuseForeign(
  path: string,
  found: Pick<Stats, 'uid' | 'mode'> & { isSymbolicLink(): boolean },
  { uid, sudoUid }: FileOwners,
): void {
  const isOwn = [uid, 0, sudoUid].includes(found.uid);
  const isOpen = !found.isSymbolicLink() && (found.mode & WRITABLE_BY_ALL) !== 0;
  if (isOwn && !isOpen) return;
  const what = isOwn ? 'every user may write to it' : `it belongs to another user (uid ${found.uid})`;
  throw new VirtbsError('project-foreign', `${path}: ${what}, and it may say which programs run here`, {
    hint: `${isOwn ? `chmod o-w ${path}; or ` : ''}look at it, then give it by name: --project ${path}; --project none passes over it`,
  });
}

async function lookAt(path: string, look: typeof stat = stat): Promise<Stats | null> {
  try {
    return await look(path);
  } catch {
    // A folder that nobody shows us has nothing for us.
    return null;
  }
}
