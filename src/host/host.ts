import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { access, readdir, readFile, stat, statfs } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { userInfo } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { VirtbsError } from '../errors.js';
import { describeEnd } from '../process/run-program.js';
import { streamProgram } from '../process/stream-program.js';

/** The machine, as far as the checks look at it. Nothing here throws for what is missing: the checks report that. */
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
  /**
   * Tells whether whoever holds a UDP port of an address lets others have it too (SO_REUSEADDR); null where we may not try.
   */
  sharesPort(address: string, port: number): Promise<boolean | null>;
  /** Returns the path of a program; null where it is not installed. */
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
  /** The output of the program about its failure. */
  readonly stderr: string;
}

/** Firewalls and daemons are where a plain user's PATH does not look. */
const SYSTEM_PATH = '/usr/local/sbin:/usr/sbin:/sbin';
/** Milliseconds; a program that waits for something is no answer. */
const TIME_LIMIT = 10_000;
/** Rules of firewalls can be long. */
const ANSWER_LIMITS = { kept: 64 * 1024 ** 2, line: 64 * 1024 };

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
    sharesPort,
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

/** Takes the port for a moment, as somebody who would let others have it too. */
async function sharesPort(address: string, port: number): Promise<boolean | null> {
  const socket = createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4', reuseAddr: true });
  try {
    const bound = once(socket, 'listening');
    socket.bind({ port, address, exclusive: true });
    await bound;
    return true;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    // An address that is not here yet is held by somebody who wants it for himself.
    return code === 'EADDRINUSE' || code === 'EADDRNOTAVAIL' ? false : null;
  } finally {
    socket.close();
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
  const path = isAbsolute(program) ? program : await findProgram(program);
  if (path === null) return null;
  const env = { ...process.env, PATH: searchPath(), LC_ALL: 'C' };
  try {
    const ended = await streamProgram(path, args, { signal, env, deadline: TIME_LIMIT, limits: ANSWER_LIMITS });
    const code = ended.signalName === null ? ended.exitCode : null;
    const reason = code === 0 ? '' : describeEnd(path, ended);
    return { code, stdout: ended.stdout.trimEnd(), stderr: ended.stderr.trimEnd() || reason };
  } catch (error) {
    if (error instanceof VirtbsError && error.code === 'program-missing') return null;
    throw error;
  }
}
