import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { VirtbsError } from '../errors.js';
import { runProgram } from '../process/run-program.js';
import { shellQuote } from '../text/shell-quote.js';
import { askGuest } from './ask-guest.js';
import { describeGuestFailure } from './describe-guest-failure.js';
import type { Guest } from './guest.js';
import { runForGuest } from './run-for-guest.js';
import { runInGuest } from './run-in-guest.js';
import { sshCall } from './ssh-call.js';

export interface SyncOptions {
  /** A folder of this machine. */
  readonly source: string;
  /** A folder of the guest, absolute or below the home of its user; made where it is missing. */
  readonly target: string;
  /** Patterns of names that stay where they are on both sides. */
  readonly exclude: readonly string[];
  /** Remove what the source has not. */
  readonly remove: boolean;
  /** Write as the guest's root. */
  readonly asRoot: boolean;
  readonly signal: AbortSignal;
}

/** Brings changes of a folder into a guest, as often as it is called. */
export type Sync = () => Promise<void>;

export interface PreparedSync {
  /** The program that does it: a guest without rsync gets all files each time. */
  readonly by: 'rsync' | 'tar';
  readonly sync: Sync;
}

/**
 * Makes the target in a guest, for the user of the login, and finds how files get there.
 *
 * @throws VirtbsError `vm-failed` where the guest cannot be reached or the folder cannot be made; `usage` for what needs rsync in
 *   the guest and it has none
 */
export async function prepareSync(guest: Guest, given: SyncOptions): Promise<PreparedSync> {
  // No program there takes it for an option.
  const options = given.target.startsWith('-') ? { ...given, target: `./${given.target}` } : given;
  const { target, asRoot, remove, signal } = options;
  const answer = await askGuest(guest, prepareCommand(target, asRoot), { signal });
  if ('reason' in answer) throw new VirtbsError('vm-failed', `${guest.hostname}: ${target}: ${answer.reason}`);
  if (answer.stdout.includes('rsync') && (await hasRsync(signal))) {
    return { by: 'rsync', sync: async () => await syncByRsync(guest, options) };
  }
  if (remove) {
    throw new VirtbsError('usage', `${guest.hostname}: --delete needs rsync, here and in the guest`, {
      hint: 'install it, or leave --delete out',
    });
  }
  return { by: 'tar', sync: async () => await syncByTar(guest, options) };
}

/** A folder that is there stays whose it is. */
function prepareCommand(target: string, asRoot: boolean): string {
  const folder = shellQuote(target);
  const make = asRoot
    ? `sudo -n mkdir -p ${folder}`
    : `mkdir -p ${folder} 2>/dev/null || sudo -n sh -c 'mkdir -p "$1" && chown "$2" "$1"' sh ${folder} "$(id -u):$(id -g)"`;
  return `[ -d ${folder} ] || ${make} || exit 1; command -v rsync || true`;
}

async function hasRsync(signal: AbortSignal): Promise<boolean> {
  try {
    await runProgram('rsync', ['--version'], { signal });
    return true;
  } catch (error) {
    if (error instanceof VirtbsError && error.code === 'program-missing') return false;
    throw error;
  }
}

/** Owners are of no use in a guest, which has other users. */
async function syncByRsync(guest: Guest, { source, target, exclude, remove, asRoot, signal }: SyncOptions) {
  const isHere = guest.local === true;
  const call = sshCall(guest, { connection: 'shared' });
  const through = [
    ...(asRoot ? ['--rsync-path', 'sudo -n rsync'] : []),
    '--rsh',
    ['ssh', ...call.slice(0, -1)].map(rsyncQuote).join(' '),
  ];
  const folder = isHere ? resolve(homedir(), target) : `${guest.hostname}:${target}`;
  const args = [
    ...['--archive', '--no-owner', '--no-group', '--protect-args'],
    ...(remove ? ['--delete'] : []),
    ...exclude.map((pattern) => `--exclude=${pattern}`),
    ...(isHere ? [] : through),
    source.replace(/\/*$/, '/'),
    folder.replace(/\/*$/, '/'),
  ];
  const options = { hint: ROOT_HINT, signal };
  if (isHere && asRoot) await runForGuest('sudo', guest, { ...options, args: ['-n', 'rsync', ...args] });
  else await runForGuest('rsync', guest, { ...options, args });
}

/** A word for the command in `--rsh`. Source: rsync(1) */
function rsyncQuote(word: string): string {
  return `'${word.replaceAll("'", "''")}'`;
}

async function syncByTar(guest: Guest, { source, target, exclude, asRoot, signal }: SyncOptions): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'virtbs-sync-'));
  try {
    const archive = join(folder, 'files.tar');
    const patterns = exclude.map((pattern) => `--exclude=${pattern}`);
    const args = [...patterns, '--create', '--file', archive, '--directory', source, '.'];
    await runForGuest('tar', guest, { args, hint: ROOT_HINT, signal });
    const unpack = `tar -x -o -f - -C ${shellQuote(target)}`;
    const ended = await runInGuest(guest, `${asRoot ? 'sudo -n ' : ''}${unpack}`, {
      signal,
      connection: 'shared',
      input: createReadStream(archive),
    });
    if (ended.exitCode === 0) return;
    throw new VirtbsError('vm-failed', `${guest.hostname}: ${describeGuestFailure(ended)}`, { hint: ROOT_HINT });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const ROOT_HINT = 'see whether the user of the login may write there; --sudo writes as root';
