import { randomUUID } from 'node:crypto';
import { link, open, rename, rm, stat } from 'node:fs/promises';
import { VirtbsError } from '../../errors.js';
import { keptMemoryPath, memoryPath, runningMemoryPath, runningStatePath, type SlicePaths } from '../../filenames.js';
import type { LibvirtPool } from '../../libvirt/libvirt-pool.js';
import type { VmPlan } from '../../plan/plan.js';
import { runProgram } from '../../process/run-program.js';
import type { DriverContext, MappedFiles } from '../types.js';
import { loadState, saveState } from './device-state.js';
import { endEmulator } from './end-emulator.js';
import { mappedXml } from './mapped-xml.js';

/** The way in which this host's emulators can have memory that is a file. */
export interface MappedHost {
  /** The user and group that emulators run as, where that is not who we are. */
  readonly owner: readonly [uid: number, gid: number] | null;
  /** Whether an emulator can map a file privately that it may only read. */
  readonly readOnly: boolean;
}

/** Finds once whether and how memory can be mapped, by trying it in a folder of the slice where nobody knows; null where it cannot. */
export type FindMappedHost = (paths: Pick<SlicePaths, 'memory'>, context: DriverContext) => Promise<MappedHost | null>;

export interface MappedOptions {
  readonly libvirt: LibvirtPool;
  readonly paths: Pick<SlicePaths, 'memory'>;
}

const MIB = 1024 ** 2;

/** Boots a VM that is defined and off, with a new file as its memory, so that it can be kept without being copied. */
export async function bootMapped(
  { uuid, memoryMiB }: VmPlan,
  { libvirt, paths, owner }: MappedOptions & Pick<MappedHost, 'owner'>,
): Promise<void> {
  const path = runningMemoryPath(paths, uuid);
  await makeMemoryFile(path, memoryMiB * MIB, owner);
  try {
    await libvirt.createDomain(mappedXml(await libvirt.definition(uuid), { memory: { path, mode: 'shared' } }));
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

/** Makes a file for memory, full of zeros that take no space. Who else may read it could read all that the guest knows. */
export async function makeMemoryFile(path: string, bytes: number, owner: MappedHost['owner']): Promise<void> {
  await rm(path, { force: true });
  await using file = await open(path, 'wx', 0o600);
  await file.truncate(bytes);
  if (owner) await file.chown(...owner);
}

/** Keeps devices of a VM that is paused, and gives its memory another name. The VM stays, and nothing else may let it go on. */
export async function keepMapped(
  { uuid, hostname }: Pick<VmPlan, 'uuid' | 'hostname'>,
  directory: string,
  { libvirt, paths }: MappedOptions,
): Promise<MappedFiles> {
  const [memory, state] = [keptMemoryPath(directory, hostname), memoryPath(directory, hostname)];
  // AppArmor lets the emulator have no file in the folder of what is kept, not even one that is open.
  const running = runningStatePath(paths, uuid);
  await rm(running, { force: true });
  await saveState(libvirt, uuid, running);
  await rename(running, state);
  await link(runningMemoryPath(paths, uuid), memory);
  const [memoryBytes, stateBytes] = await Promise.all([memory, state].map(async (path) => (await stat(path)).size));
  return { memoryBytes: memoryBytes ?? 0, stateBytes: stateBytes ?? 0 };
}

/** Turns a VM off that was kept. Its memory has no other name than that of what was kept any more. */
export async function endMapped({ uuid }: Pick<VmPlan, 'uuid'>, { libvirt, paths }: MappedOptions): Promise<void> {
  await endEmulator(libvirt, uuid);
  await rm(runningMemoryPath(paths, uuid), { force: true });
}

export interface StartOptions extends MappedOptions {
  /** The way in which memory can be a file here; null where that is not known, and a private mapping of a file that can be written works. */
  readonly host: MappedHost | null;
  /** True if the VM is to be kept once more: it runs on a copy of the memory, which takes the time of the copy now, and none later. */
  readonly again?: boolean | undefined;
}

/**
 * Starts a VM that is defined and off from memory that was kept, paused. It reads memory when it touches it, and what it writes is its
 * own: the file stays as it is.
 *
 * @throws VirtbsError `file-unreadable` where a file is not whole
 */
export async function startMapped(
  { uuid, hostname }: Pick<VmPlan, 'uuid' | 'hostname'>,
  kept: { readonly directory: string; readonly files: MappedFiles },
  { libvirt, paths, host, again = false }: StartOptions,
): Promise<void> {
  const [memory, state] = [keptMemoryPath(kept.directory, hostname), memoryPath(kept.directory, hostname)];
  await assertSize(memory, kept.files.memoryBytes);
  await assertSize(state, kept.files.stateBytes);
  const path = runningMemoryPath(paths, uuid);
  const running = runningStatePath(paths, uuid);
  const isCopy = again && host !== null && (await copyMemory(memory, path, host));
  if (!isCopy) {
    // The emulator cannot pass the folder of what was kept.
    await rm(path, { force: true });
    await link(memory, path);
  }
  let keepsName = isCopy;
  await rm(running, { force: true });
  try {
    await link(state, running);
    const mode = isCopy ? 'shared' : host?.readOnly ? 'read-only' : 'private';
    const domain = { memory: { path, mode }, incoming: { genid: randomUUID() } } as const;
    await libvirt.createDomain(mappedXml(await libvirt.definition(uuid), domain), { paused: true });
    await loadState(libvirt, uuid, running);
  } catch (error) {
    keepsName = false;
    await libvirt.destroyDomain(uuid).catch(() => undefined);
    throw error;
  } finally {
    // A file that is mapped privately needs no name once it is open.
    await rm(running, { force: true });
    if (!keepsName) await rm(path, { force: true });
  }
}

/** Copies memory without its holes, and in no time where the file system can share blocks. Leaves nothing where it cannot. */
async function copyMemory(from: string, to: string, { owner }: MappedHost): Promise<boolean> {
  try {
    await makeMemoryFile(to, 0, owner);
    // It writes into the file that is there, so owner and mode stay.
    await runProgram('cp', ['--reflink=auto', '--sparse=auto', '--', from, to]);
    return true;
  } catch {
    await rm(to, { force: true });
    return false;
  }
}

async function assertSize(path: string, bytes: number): Promise<void> {
  const size = await stat(path).then(
    (found) => found.size,
    () => null,
  );
  if (size === bytes) return;
  throw new VirtbsError('file-unreadable', `${path}: ${size ?? 'no'} bytes, ${bytes} were kept`, {
    hint: 'what was kept is not whole any more; virtbs cycle builds the slice anew',
  });
}
