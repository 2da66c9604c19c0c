import { createHash, randomUUID } from 'node:crypto';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runningMemoryPath, runningStatePath } from '../../filenames.js';
import { writeNewFile } from '../../files/write-new-file.js';
import type { LibvirtPool } from '../../libvirt/libvirt-pool.js';
import { deriveUuid } from '../../plan/derive-uuid.js';
import { loadState, saveState } from './device-state.js';
import { endEmulator } from './end-emulator.js';
import { makeMemoryFile, type MappedHost } from './mapped-vms.js';
import { mappedXml } from './mapped-xml.js';
import type { Platform } from './platform.js';
import { trialDisk, trialGuestXml } from './trial-guest.js';

export interface TryMappedOptions {
  readonly libvirt: LibvirtPool;
  readonly platform: Platform;
  /** A folder as those in which memory of VMs will be. Nobody else makes files there meanwhile. */
  readonly directory: string;
  readonly mapped: MappedHost;
}

const MEMORY_KIB = 32 * 1024;
/** Bytes that a guest writes before it is believed to run. */
const WORDS = 3;
/** Milliseconds between two looks, and until a guest that says nothing is given up. An emulated one needs seconds. */
const STEP = 10;
const LIMIT = 120_000;

/**
 * Keeps a guest of a few instructions, and starts it from what was kept: it must go on where it was, and the file must stay as it was,
 * whatever the guest does. Returns why that does not work, or null. Nothing of it is left.
 */
export async function tryMappedMemory(options: TryMappedOptions, signal: AbortSignal): Promise<string | null> {
  const { libvirt, directory } = options;
  // The same each time, so that files of a trial that was killed go with the next.
  const uuid = deriveUuid(`trial:${directory}`);
  const paths = { memory: directory };
  const [memory, state] = [runningMemoryPath(paths, uuid), runningStatePath(paths, uuid)];
  const [disk, serial] = [join(directory, '.try-disk'), join(directory, '.try-serial')];
  const files = [memory, state, disk, serial];
  const name = `virtbs-try-${basename(dirname(directory))}`;
  const clear = async (): Promise<void> => {
    await libvirt.destroyDomain(name);
    for (const file of files) await rm(file, { force: true });
  };
  try {
    await clear();
    await writeFile(disk, trialDisk(), { flag: 'wx', mode: 0o600 });
    await makeMemoryFile(memory, MEMORY_KIB * 1024, options.mapped.owner);
    const trial: Trial = {
      ...options,
      name,
      memory,
      state,
      serial,
      xml: trialGuestXml({ ...options, name, uuid, disk, serial, memoryKib: MEMORY_KIB }),
    };
    return await runTrial(trial, signal);
  } catch (error) {
    signal.throwIfAborted();
    return error instanceof Error ? error.message : String(error);
  } finally {
    await clear().catch(() => undefined);
  }
}

interface Trial extends TryMappedOptions {
  readonly name: string;
  readonly memory: string;
  readonly state: string;
  readonly serial: string;
  readonly xml: string;
}

async function runTrial(
  { libvirt, mapped, name, memory, state, serial, xml }: Trial,
  signal: AbortSignal,
): Promise<string | null> {
  await writeNewFile(serial);
  await libvirt.createDomain(mappedXml(xml, { memory: { path: memory, mode: 'shared' } }), { transient: true }, signal);
  await untilSaid(serial, WORDS, signal);
  await libvirt.suspendDomain(name, signal);
  await saveState(libvirt, name, state);
  await endEmulator(libvirt, name);
  const said = await readFile(serial);
  const kept = await digest(memory);
  await rm(serial);
  await writeNewFile(serial);
  const domain = {
    memory: { path: memory, mode: mapped.readOnly ? 'read-only' : 'private' },
    incoming: { genid: randomUUID() },
  } as const;
  await libvirt.createDomain(mappedXml(xml, domain), { transient: true, paused: true }, signal);
  await loadState(libvirt, name, state);
  await libvirt.resumeDomain(name, signal);
  await untilSaid(serial, WORDS, signal);
  const [first] = await readFile(serial);
  await libvirt.destroyDomain(name, signal);
  if (first !== ((said.at(-1) ?? 0) + 1) % 256) return 'a guest did not go on where it was kept';
  return (await digest(memory)) === kept ? null : 'a guest that was started from its memory has changed the file';
}

async function untilSaid(path: string, bytes: number, signal: AbortSignal): Promise<void> {
  const end = performance.now() + LIMIT;
  while ((await stat(path)).size < bytes) {
    if (performance.now() > end) throw new Error(`a guest said nothing within ${LIMIT / 1000} s`);
    await sleep(STEP, undefined, { signal });
  }
}

async function digest(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}
