import { constants, createReadStream, createWriteStream } from 'node:fs';
import { copyFile, lstat, mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { askAsRoot } from '../../guest/ask-as-root.js';
import type { Guest } from '../../guest/guest.js';
import { fetchFiles } from './fetch-files.js';
import { findFiles } from './find-files.js';
import type { ResultProblem } from './parsed-results.js';

/** A VM as the collectors know it. */
export interface CollectedVm {
  readonly hostname: string;
  readonly role: string;
  readonly guest: Guest;
  /** Whether something is wrong with it: its journal is collected, too. */
  readonly failed: boolean;
  /** What its console said; not there where nobody knows. */
  readonly console?: (() => AsyncIterable<Uint8Array>) | undefined;
}

export interface CollectLogsOptions {
  /** Patterns by VM or role, or `here`. */
  readonly patterns: Readonly<Record<string, readonly string[]>>;
  readonly vms: readonly CollectedVm[];
  /** Where relative patterns of this machine begin. */
  readonly here: string;
  /** The folder of the run's logs; files of a VM are below its name, those of this machine below `here`. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

/** Bytes of all files of a VM, of a console, and of a file from where on it is packed. */
const MOST_FETCHED = 1024 ** 3;
const MOST_CONSOLE = 64 * 1024 ** 2;
const PACKED_FROM = 1024 ** 2;
/** Milliseconds for a VM. */
const PATIENCE = 300_000;
const JOURNAL_PATIENCE = 60_000;

/**
 * Collects the logs of a run: consoles always, the journal of VMs with which something is wrong, and what the patterns name. Large files
 * are packed with gzip. A VM that does not answer keeps no other from being asked.
 *
 * @returns what could not be collected
 */
export async function collectLogs(options: CollectLogsOptions): Promise<readonly ResultProblem[]> {
  const { patterns, vms, here, folder, signal } = options;
  const problems = await Promise.all([
    ...vms.map(async (vm) => await collectOfVm(vm, options)),
    copyHere(patterns['here'] ?? [], here, join(folder, 'here')),
  ]);
  signal.throwIfAborted();
  await packLarge(folder);
  return problems.flat();
}

async function collectOfVm(
  vm: CollectedVm,
  { patterns, folder, signal }: CollectLogsOptions,
): Promise<readonly ResultProblem[]> {
  const { hostname, role, guest, failed } = vm;
  const own = join(folder, hostname);
  const wanted = Object.entries(patterns).flatMap(([name, list]) =>
    name === hostname || name === role || name === 'all' ? list : [],
  );
  const problems: ResultProblem[] = [];
  const attempt = async (what: string, work: () => Promise<string | undefined>): Promise<void> => {
    try {
      const wrong = await work();
      if (wrong !== undefined) problems.push({ place: `${hostname}: ${what}`, message: wrong });
    } catch (error) {
      signal.throwIfAborted();
      problems.push({ place: `${hostname}: ${what}`, message: error instanceof Error ? error.message : String(error) });
    }
  };
  await attempt('console', async () => await writeConsole(vm, own));
  if (failed) await attempt('journal', async () => await writeJournal(guest, own, signal));
  if (wanted.length > 0) {
    const limits = { most: MOST_FETCHED, deadline: PATIENCE };
    await attempt('files', async () => await fetchFiles({ guest, patterns: wanted, folder: own, ...limits, signal }));
  }
  return problems;
}

async function writeConsole({ console: read }: CollectedVm, folder: string): Promise<undefined> {
  if (!read) return;
  await mkdir(folder, { recursive: true, mode: 0o755 });
  await pipeline(upTo(read(), MOST_CONSOLE), createWriteStream(join(folder, 'console.log'), { mode: 0o644 }));
}

async function writeJournal(guest: Guest, folder: string, signal: AbortSignal): Promise<string | undefined> {
  const script = 'journalctl --boot --no-pager --output=short-iso --lines=2000 2>/dev/null || dmesg\n';
  const answer = await askAsRoot(guest, () => script, { signal, deadline: JOURNAL_PATIENCE });
  if ('reason' in answer) return answer.reason;
  await mkdir(folder, { recursive: true, mode: 0o755 });
  await pipeline([answer.stdout.trimStart()], createWriteStream(join(folder, 'journal.log'), { mode: 0o644 }));
  return undefined;
}

async function* upTo(bytes: AsyncIterable<Uint8Array>, most: number): AsyncGenerator<Uint8Array> {
  let left = most;
  for await (const chunk of bytes) {
    yield chunk.subarray(0, left);
    left -= chunk.length;
    if (left <= 0) return;
  }
}

async function copyHere(patterns: readonly string[], base: string, folder: string): Promise<readonly ResultProblem[]> {
  const problems: ResultProblem[] = [];
  for (const path of await findFiles(patterns, base)) {
    const inside = relative(base, path);
    const target = join(folder, inside.startsWith('..') ? path : inside);
    try {
      await mkdir(dirname(target), { recursive: true, mode: 0o755 });
      await copyFile(path, target, constants.COPYFILE_EXCL);
    } catch (error) {
      problems.push({ place: path, message: error instanceof Error ? error.message : String(error) });
    }
  }
  return problems;
}

/** Packs large files; the log of the run itself is still written to. */
async function packLarge(folder: string, isTop = true): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await packLarge(path, false);
    if (!entry.isFile() || isTop || entry.name.endsWith('.gz') || (await lstat(path)).size < PACKED_FROM) continue;
    await pipeline(createReadStream(path), createGzip(), createWriteStream(`${path}.gz`, { mode: 0o644, flags: 'wx' }));
    await rm(path);
  }
}
