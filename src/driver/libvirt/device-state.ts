import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { VirtbsError } from '../../errors.js';
import type { LibvirtPool } from '../../libvirt/libvirt-pool.js';

/** The name of the file in the emulator, until it is used. */
const FILE = 'virtbs-state';
/** Milliseconds between two looks at a transfer. */
const STEP = 5;
/** Milliseconds; devices are some hundred KiB. */
const LIMIT = 60_000;
/** Bytes a second; the emulator's own limit is for networks. */
const BANDWIDTH = 2 ** 50;

/**
 * Writes the devices of a domain that is paused to a new file, without memory that is a shared file. The emulator stays, and the
 * guest can be let go on.
 */
export async function saveState(libvirt: LibvirtPool, domain: string, path: string): Promise<void> {
  await using file = await open(path, 'wx', 0o600);
  await withoutSharedMemory(libvirt, domain, async () => {
    const limits = { 'max-bandwidth': BANDWIDTH };
    await libvirt.askMonitor(domain, { execute: 'migrate-set-parameters', arguments: limits });
    await give(libvirt, domain, file.fd);
    await libvirt.askMonitor(domain, { execute: 'migrate', arguments: { uri: `fd:${FILE}` } });
    await until('its devices are written', async () => isDone(await libvirt.askMonitor(domain, QUERY)));
  });
}

/** Loads the devices of a domain that was started to wait for them. It stays paused. */
export async function loadState(libvirt: LibvirtPool, domain: string, path: string): Promise<void> {
  await using file = await open(path, 'r');
  await withoutSharedMemory(libvirt, domain, async () => {
    await give(libvirt, domain, file.fd);
    await libvirt.askMonitor(domain, { execute: 'migrate-incoming', arguments: { uri: `fd:${FILE}` } });
    await until('its devices are read', async () => isDone(await libvirt.askMonitor(domain, QUERY)));
  });
}

const QUERY = { execute: 'query-migrate' } as const;

async function give(libvirt: LibvirtPool, domain: string, fd: number): Promise<void> {
  await libvirt.askMonitor(domain, { execute: 'getfd', arguments: { fdname: FILE }, files: [fd] });
}

/** Does a piece of work with memory that is shared left out of it, as it is not otherwise: libvirt's own save must have all. */
async function withoutSharedMemory(libvirt: LibvirtPool, domain: string, work: () => Promise<void>): Promise<void> {
  const set = async (state: boolean): Promise<void> => {
    const capabilities = [{ capability: 'x-ignore-shared', state }];
    await libvirt.askMonitor(domain, { execute: 'migrate-set-capabilities', arguments: { capabilities } });
  };
  await set(true);
  try {
    await work();
  } catch (error) {
    await set(false).catch(() => undefined);
    throw error;
  }
  await set(false);
}

/** @throws VirtbsError `libvirt-failed` where the transfer failed */
function isDone(answer: unknown): boolean {
  const { status, 'error-desc': reason } = (answer ?? {}) as {
    readonly status?: unknown;
    readonly 'error-desc'?: unknown;
  };
  if (status === 'failed' || status === 'cancelled') {
    throw new VirtbsError('libvirt-failed', `the emulator says: ${typeof reason === 'string' ? reason : status}`);
  }
  return status === 'completed';
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + LIMIT;
  while (!(await holds())) {
    if (performance.now() > end) throw new VirtbsError('libvirt-failed', `not within ${LIMIT / 1000} s: ${what}`);
    await sleep(STEP);
  }
}
