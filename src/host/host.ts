import { constants } from 'node:fs';
import { access, readdir, readFile, stat, statfs } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { SubprocessError } from 'nano-spawn';
import { VirtbsError } from '../errors.js';
import { runProgram } from '../process/run-program.js';

/** This machine, as far as the checks look at it. Nothing here throws for what is not there: that is what a check is about. */
export interface Host {
  readonly user: HostUser;
  /** The text of a file; null where it does not exist or cannot be read. */
  read(path: string): Promise<string | null>;
  /** Names in a folder, sorted; none where it does not exist. */
  list(path: string): Promise<readonly string[]>;
  /** Follows links; null where nothing is there. */
  stat(path: string): Promise<FileFacts | null>;
  /** Whether we may read and write it. */
  writable(path: string): Promise<boolean>;
  space(path: string): Promise<Space | null>;
  /** Where a program is; null where it is not installed. */
  find(program: string): Promise<string | null>;
  /** Runs a program to its end; null where it is not installed. */
  run(program: string, args: readonly string[]): Promise<ProgramAnswer | null>;
}

export interface HostUser {
  readonly uid: number;
  readonly name: string;
  /** Numbers of the groups that this process is in, the first one its own. */
  readonly groups: readonly number[];
}

export interface FileFacts {
  readonly uid: number;
  readonly gid: number;
  /** Permissions alone: `0o755`. */
  readonly mode: number;
  readonly directory: boolean;
}

export interface Space {
  readonly freeBytes: number;
  readonly freeInodes: number;
  /** 0 on file systems that make inodes as they are needed. */
  readonly inodes: number;
}

export interface ProgramAnswer {
  /** The exit code; null where it was ended by a signal, or by us for taking too long. */
  readonly code: number | null;
  readonly stdout: string;
  /** What it said of its failure. */
  readonly stderr: string;
}

/** Firewalls and daemons are where a plain user's PATH does not look. */
const SYSTEM_PATH = '/usr/local/sbin:/usr/sbin:/sbin';
/** Milliseconds; a program that waits for something is no answer. */
const TIME_LIMIT = 10_000;

/** The machine that this process runs on. */
export function openHost(signal: AbortSignal): Host {
  return {
    user: describeUser(),
    read: (path) => readFile(path, 'utf8').catch(() => null),
    list: async (path) => (await readdir(path).catch((): string[] => [])).sort(),
    async stat(path) {
      const found = await stat(path).catch(() => null);
      if (!found) return null;
      return { uid: found.uid, gid: found.gid, mode: found.mode & 0o7777, directory: found.isDirectory() };
    },
    writable: (path) =>
      access(path, constants.R_OK | constants.W_OK).then(
        () => true,
        () => false,
      ),
    async space(path) {
      const found = await statfs(path).catch(() => null);
      return found && { freeBytes: found.bavail * found.bsize, freeInodes: found.ffree, inodes: found.files };
    },
    find: findProgram,
    run: (program, args) => answer(program, args, signal),
  };
}

function describeUser(): HostUser {
  const uid = process.getuid?.() ?? 0;
  const groups = [...new Set([process.getgid?.() ?? 0, ...(process.getgroups?.() ?? [])])];
  try {
    return { uid, groups, name: userInfo().username };
  } catch {
    return { uid, groups, name: String(uid) }; // a user without a name, as in many containers
  }
}

async function findProgram(program: string): Promise<string | null> {
  for (const directory of searchPath().split(':').filter(Boolean)) {
    const path = join(directory, program);
    const there = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (there) return path;
  }
  return null;
}

function searchPath(): string {
  return `${process.env['PATH'] ?? ''}:${SYSTEM_PATH}`;
}

async function answer(program: string, args: readonly string[], signal: AbortSignal): Promise<ProgramAnswer | null> {
  // Looked for first: the timer of a program that cannot be started would keep this process alive.
  const path = isAbsolute(program) ? program : await findProgram(program);
  if (path === null) return null;
  const env = { ...process.env, PATH: searchPath(), LC_ALL: 'C' };
  try {
    return { code: 0, ...(await runProgram(path, args, { signal, env, timeout: TIME_LIMIT })) };
  } catch (error) {
    if (!(error instanceof VirtbsError) || error.code === 'cancelled') throw error;
    if (error.code === 'program-missing') return null;
    const { cause } = error;
    if (!(cause instanceof SubprocessError)) throw error;
    return { code: cause.exitCode ?? null, stdout: cause.stdout, stderr: cause.stderr || error.message };
  }
}
