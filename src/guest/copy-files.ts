import { homedir } from 'node:os';
import { isAbsolute, resolve } from 'node:path';
import type { Guest } from './guest.js';
import { runForGuest } from './run-for-guest.js';
import { sshCall } from './ssh-call.js';

export interface CopyOptions {
  /** Files and folders, of this machine or of the guest. */
  readonly from: readonly string[];
  /** A file or a folder on the other side. */
  readonly to: string;
  readonly direction: 'to-guest' | 'from-guest';
  readonly signal: AbortSignal;
}

/** Copies files and folders between this machine and a guest; returns the program that did it. @throws VirtbsError `vm-failed` */
export async function copyFiles(guest: Guest, options: CopyOptions): Promise<'scp' | 'cp'> {
  const isHere = guest.local === true;
  const program = isHere ? 'cp' : 'scp';
  const args = isHere ? cpArguments(options) : scpArguments(guest, options);
  const hint = 'the user of the login reads and writes there; virtbs sync --sudo writes as root';
  await runForGuest(program, guest, { args, hint, signal: options.signal });
  return program;
}

function scpArguments(guest: Guest, { from, to, direction }: CopyOptions): readonly string[] {
  const there = (path: string): string => `${guest.hostname}:${path}`;
  const paths = direction === 'to-guest' ? [...from.map(here), there(to)] : [...from.map(there), here(to)];
  return ['-q', '-r', '-p', ...sshCall(guest, { connection: 'shared' }).slice(0, -1), '--', ...paths];
}

/** The same for the machine where virtbs runs: scp copies what links lead to, too. */
function cpArguments({ from, to, direction }: CopyOptions): readonly string[] {
  const there = (path: string): string => resolve(homedir(), path);
  const paths = direction === 'to-guest' ? [...from, there(to)] : [...from.map(there), to];
  return ['-r', '-p', '-L', '--', ...paths];
}

/** A path that scp does not take for one of another machine. */
function here(path: string): string {
  return isAbsolute(path) ? path : `./${path}`;
}
