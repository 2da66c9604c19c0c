import { readdir, readFile, rm } from 'node:fs/promises';
import { writeFileAtomic } from '../files/write-file-atomic.js';
import { VirtbsError } from '../errors.js';
import { lockFile } from '../files/lock-file.js';
import { leasePaths, rootPaths, temporaryPath } from '../filenames.js';
import { formatSession } from './format-session.js';
import { parseSession } from './parse-session.js';
import type { Session } from './session.js';

/** That a slice was given to a session by `--slice auto`. Losing it loses nothing but that: VMs are told by their metadata. */
export interface LeaseRecord {
  readonly slice: number;
  readonly session: Session;
  /** ISO 8601, UTC. */
  readonly since: string;
  /** ISO 8601, UTC; null for never. */
  readonly expires: string | null;
  /** The end of the lease: that of the process that holds its lock, that of the session, or `expires` alone. */
  readonly until: 'process' | 'session' | 'time';
}

/** The leases of a root, by number. What cannot be read is none. */
export async function readLeases(root: string): Promise<readonly LeaseRecord[]> {
  const names = await readdir(rootPaths(root).leases).catch(() => []);
  const slices = names.flatMap((name) => /^(\d{1,6})\.json$/.exec(name)?.slice(1).map(Number) ?? []);
  const records = await Promise.all(slices.sort((one, other) => one - other).map((slice) => readLease(root, slice)));
  return records.filter((record) => record !== null);
}

export async function readLease(root: string, slice: number): Promise<LeaseRecord | null> {
  try {
    return parseRecord(slice, JSON.parse(await readFile(leasePaths(root, slice).record, 'utf8')));
  } catch {
    return null;
  }
}

export async function writeLease(root: string, { slice, session, ...rest }: LeaseRecord): Promise<void> {
  const record = { version: 1, slice, session: formatSession(session), ...rest };
  await writeFileAtomic(leasePaths(root, slice).record, `${JSON.stringify(record, null, 2)}\n`);
}

export async function removeLease(root: string, slice: number): Promise<void> {
  const { record } = leasePaths(root, slice);
  for (const path of [record, temporaryPath(record)]) await rm(path, { force: true });
}

/** Takes the lock that says a process works with a leased slice; null where another process has it. */
export async function tryLockLease(root: string, slice: number, holder: string): Promise<AsyncDisposable | null> {
  try {
    const { signal } = new AbortController();
    return await lockFile(leasePaths(root, slice).lock, { holder, timeout: 0, signal });
  } catch (error) {
    if (error instanceof VirtbsError && error.code === 'locked') return null;
    throw error;
  }
}

function parseRecord(slice: number, value: unknown): LeaseRecord | null {
  if (typeof value !== 'object' || value === null) return null;
  const { session, since, expires, until } = value as Readonly<Record<string, unknown>>;
  if (typeof session !== 'string' || typeof since !== 'string') return null;
  return {
    slice,
    session: parseSession(session),
    since,
    expires: typeof expires === 'string' && !Number.isNaN(Date.parse(expires)) ? expires : null,
    until: until === 'process' || until === 'time' ? until : 'session',
  };
}
