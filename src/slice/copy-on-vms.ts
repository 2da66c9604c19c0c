import { access, constants, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { VirtbsError } from '../errors.js';
import { failedVm } from '../failed-vm.js';
import { copyFiles } from '../guest/copy-files.js';
import type { Guest } from '../guest/guest.js';
import { readGuestPath, type GuestPath } from '../guest/guest-path.js';
import { prepareSync, type SyncOptions } from '../guest/sync-folder.js';
import type { LoginHost, SshHosts } from './find-ssh-hosts.js';
import { selectVm, selectVms } from './select-vms.js';

export interface CopyResult {
  readonly version: 1;
  readonly slice: number;
  readonly vms: readonly CopiedVm[];
}

export interface CopiedVm {
  readonly hostname: string;
  /** The program that copied. */
  readonly by: 'rsync' | 'tar' | 'scp' | 'cp';
  readonly milliseconds: number;
}

export interface CopyVerbOptions extends SshHosts {
  readonly slice: number;
  /** Paths of this machine, or all of one VM: `controller:/etc/hosts`. */
  readonly from: readonly string[];
  /** A path on the other side. Of a role all VMs get a copy. */
  readonly to: string;
  readonly cwd: string;
}

/**
 * Copies files between this machine and VMs, with all VMs at once.
 *
 * @throws VirtbsError `usage` where not exactly one side is a VM; `file-unreadable` where a source is not there; `vm-failed` with all
 * VMs that have no copy
 */
export async function copyOnVms(options: CopyVerbOptions, signal: AbortSignal): Promise<CopyResult> {
  const { slice, from, to, cwd, sshConfig, hosts } = options;
  const target = readGuestPath(to);
  const sources = from.map((word) => readGuestPath(word));
  const given = sources.filter((source) => source !== null);
  if ((target === null) === (given.length === 0) || (given.length > 0 && given.length < from.length)) {
    throw new VirtbsError('usage', 'cp: exactly one side is a VM, written as VM:PATH', {
      hint: 'virtbs cp notes.txt controller:/tmp/, or virtbs cp controller:/var/log/syslog .',
    });
  }
  const guestOf = guestBy(sshConfig);
  if (target) {
    const copy = {
      from: from.map((path) => resolve(cwd, path)),
      to: target.path,
      direction: 'to-guest',
      signal,
    } as const;
    await assertReadable(copy.from);
    const guests = selectVms(hosts, [target.vm], slice).map(guestOf);
    return await onAll(slice, guests, async (guest) => await copyFiles(guest, copy));
  }
  const guest = guestOf(oneSource(given, hosts, slice));
  const copy = { from: given.map(({ path }) => path), to: resolve(cwd, to), direction: 'from-guest', signal } as const;
  return await onAll(slice, [guest], async () => await copyFiles(guest, copy));
}

async function assertReadable(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await access(path, constants.R_OK).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      throw new VirtbsError('file-unreadable', `${path} cannot be read: ${reason}`, { cause: error });
    });
  }
}

function oneSource(sources: readonly GuestPath[], hosts: readonly LoginHost[], slice: number): LoginHost {
  const names = new Set(sources.map(({ vm }) => selectVm(hosts, vm, slice)));
  const [only] = names;
  if (only && names.size === 1) return only;
  throw new VirtbsError('usage', 'cp: the sources are on several VMs', { hint: 'call it once for each' });
}

export interface SyncVerbOptions extends SshHosts, Omit<SyncOptions, 'source' | 'target' | 'signal'> {
  readonly slice: number;
  /** A folder of this machine. */
  readonly source: string;
  /** `VM:PATH`; of a role all VMs. */
  readonly to: string;
  /** Called after each time that all VMs have what the folder has. Ends when it returns false. */
  readonly again: (result: CopyResult) => Promise<boolean>;
}

/**
 * Brings a folder into VMs, into all at once, and then again as often as it is wanted.
 *
 * @throws VirtbsError `usage`; `file-unreadable` where the source is no folder; `vm-failed` with all VMs that do not have it
 */
export async function syncOnVms(options: SyncVerbOptions, signal: AbortSignal): Promise<void> {
  const { slice, source, to, exclude, remove, asRoot, again, sshConfig, hosts } = options;
  const target = readGuestPath(to);
  if (!target || target.path === '') {
    throw new VirtbsError('usage', `sync: ${JSON.stringify(to)} is no folder of a VM`, {
      hint: 'write it as VM:FOLDER: virtbs sync ./src controller:/opt/src',
    });
  }
  const found = await stat(source).catch((error: unknown) => String(error));
  if (typeof found === 'string' || !found.isDirectory()) {
    const reason = typeof found === 'string' ? 'it cannot be read' : 'it is no folder';
    throw new VirtbsError('file-unreadable', `${source}: ${reason}`, { hint: 'virtbs cp copies single files' });
  }
  const guests = selectVms(hosts, [target.vm], slice).map(guestBy(sshConfig));
  const request = { source, target: target.path, exclude, remove, asRoot, signal };
  const prepared = new Map<string, Awaited<ReturnType<typeof prepareSync>>>();
  const sync = async (guest: Guest): Promise<CopiedVm['by']> => {
    const known = prepared.get(guest.hostname) ?? (await prepareSync(guest, request));
    prepared.set(guest.hostname, known);
    await known.sync();
    return known.by;
  };
  while (await again(await onAll(slice, guests, sync)));
}

function guestBy(sshConfig: string): (host: LoginHost) => Guest {
  return ({ hostname, local }) => ({ sshConfig, hostname, local });
}

async function onAll(
  slice: number,
  guests: readonly Guest[],
  work: (guest: Guest) => Promise<CopiedVm['by']>,
): Promise<CopyResult> {
  const settled = await Promise.allSettled(
    guests.map(async (guest): Promise<CopiedVm> => {
      const start = performance.now();
      const by = await work(guest);
      return { hostname: guest.hostname, by, milliseconds: Math.round(performance.now() - start) };
    }),
  );
  const failures = settled.flatMap((result, index) =>
    result.status === 'rejected' ? [{ hostname: guests[index]?.hostname ?? '', reason: result.reason as unknown }] : [],
  );
  const [first] = failures;
  if (!first)
    return { version: 1, slice, vms: settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : [])) };
  if (failures.length === 1 || !(first.reason instanceof VirtbsError) || first.reason.code === 'cancelled')
    throw first.reason;
  const lines = failures.map(({ reason }) => (reason instanceof Error ? reason.message : String(reason)));
  throw new VirtbsError('vm-failed', lines.join('\n'), {
    hint: first.reason.hint ?? 'the other VMs have their copy',
    vms: failures.map(({ hostname, reason }) => failedVm(hostname, reason)),
  });
}
