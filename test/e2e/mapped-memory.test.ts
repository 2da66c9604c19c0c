import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { chmod, mkdir, mkdtemp, open, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { endEmulator } from '../../src/driver/libvirt/end-emulator.js';
import { findMappedHost } from '../../src/driver/libvirt/find-mapped-host.js';
import {
  endMapped,
  keepMapped,
  makeMemoryFile,
  startMapped,
  type MappedHost,
  type MappedOptions,
} from '../../src/driver/libvirt/mapped-vms.js';
import { mappedXml, memoryOf } from '../../src/driver/libvirt/mapped-xml.js';
import { detectPlatform } from '../../src/driver/libvirt/platform.js';
import { trialDisk, trialGuestXml } from '../../src/driver/libvirt/trial-guest.js';
import { tryMappedMemory } from '../../src/driver/libvirt/try-mapped-memory.js';
import { keptMemoryPath, runningMemoryPath } from '../../src/filenames.js';
import { openLibvirt } from '../../src/libvirt/open-libvirt.js';
import type { LibvirtPool } from '../../src/libvirt/libvirt-pool.js';
import { findEmulatorUser, runEmulatorsAs } from './emulator-user.js';
import { noLab } from './run-virtbs.js';

const skip = noLab;
const HOST = 'holder';
const UUID = randomUUID();
const vm = { uuid: UUID, hostname: HOST };
const ROOT = '/srv/virtbs';
/** Where emulators may have memory, also where AppArmor confines them (`virtbs host prepare`). */
const FOLDER = join(ROOT, 'slices/90');
const paths = { memory: join(FOLDER, 'memory') };
const KEPT = join(FOLDER, 'kept');
const MIB = 1024 ** 2;
const MEMORY = 64 * MIB;
/** Far from what the firmware and the guest's program use. */
const FILLED = { from: 16 * MIB, bytes: 32 * MIB };
const { signal } = new AbortController();

async function platformOf(libvirt: LibvirtPool): ReturnType<typeof detectPlatform> {
  return await detectPlatform(libvirt, { emit: () => undefined, signal, isNew: async () => false });
}

/** The digest of all that the guest has in its memory, as its processor sees it. */
async function digestMemory({ libvirt, host: { owner } }: Guest): Promise<string> {
  const path = join(paths.memory, `libvirt-${UUID}.dump`);
  await makeMemoryFile(path, 0, owner);
  await libvirt.askMonitor(HOST, { execute: 'pmemsave', arguments: { val: 0, size: MEMORY, filename: path } });
  const found = await digest(path);
  await rm(path);
  return found;
}

async function digest(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}

type Guest = MappedOptions & { readonly host: MappedHost; readonly serial: string };

/** Empty folders for memory and what is kept, to the end of the test; and how this host maps memory. */
async function makeFolders(t: Test, libvirt: LibvirtPool): Promise<MappedHost> {
  t.teardown(() => rm(FOLDER, { recursive: true, force: true }));
  await mkdir(paths.memory, { recursive: true });
  await mkdir(KEPT);
  const platform = await platformOf(libvirt);
  const found = await findMappedHost({ libvirt, root: ROOT, platform, paths }, { emit: () => undefined, signal });
  if (!found) throw new Error('memory cannot be mapped here');
  return found;
}

/** A guest that counts, with a memory half of which is random. */
async function bootGuest(t: Test, libvirt: LibvirtPool): Promise<Guest> {
  const host = await makeFolders(t, libvirt);
  const [disk, serial] = [join(FOLDER, 'disk'), join(FOLDER, 'serial')];
  await writeFile(disk, trialDisk());
  await writeFile(serial, '');
  const path = runningMemoryPath(paths, UUID);
  await makeMemoryFile(path, MEMORY, host.owner);
  {
    await using file = await open(path, 'r+');
    await file.write(randomBytes(FILLED.bytes), 0, FILLED.bytes, FILLED.from);
  }
  const guest = { platform: await platformOf(libvirt), name: HOST, uuid: UUID, disk, serial, memoryKib: MEMORY / 1024 };
  // A generation id is written into the guest's memory, and is another one at each start: its 16 bytes alone would differ.
  await libvirt.defineDomain(trialGuestXml(guest).replace(/<genid>.*<\/genid>/, ''));
  t.teardown(async () => {
    await using after = await openLibvirt('qemu:///system');
    await after.destroyDomain(HOST);
    await after.undefineDomain(HOST);
  });
  await libvirt.createDomain(mappedXml(await libvirt.definition(HOST), { memory: { path, mode: 'shared' } }));
  await until('it counts', async () => (await stat(serial)).size > 2);
  return { libvirt, paths, serial, host };
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const limit = performance.now() + 120_000;
  while (!(await holds())) {
    if (performance.now() > limit) throw new Error(`not within 120 s: ${what}`);
    await sleep(20);
  }
}

t.test(
  'a guest has all of its memory again, ten times in a row, and never writes to what is kept',
  { skip },
  async (t) => {
    await using libvirt = await openLibvirt('qemu:///system');
    const guest = await bootGuest(t, libvirt);
    const { serial } = guest;
    await libvirt.suspendDomain(HOST);
    const before = await digestMemory(guest);
    const files = await keepMapped(vm, KEPT, guest);
    t.equal(await digestMemory(guest), before, 'keeping changes nothing');
    await endMapped(vm, guest);
    const memory = keptMemoryPath(KEPT, HOST);
    const kept = await digest(memory);
    for (let round = 1; round <= 10; round++) {
      await startMapped(vm, { directory: KEPT, files }, guest);
      t.equal(await digestMemory(guest), before, `round ${round}`);
      const { size } = await stat(serial);
      await libvirt.resumeDomain(HOST);
      await until('it counts on', async () => (await stat(serial)).size > size + 2);
      await libvirt.suspendDomain(HOST);
      t.not(await digestMemory(guest), before, 'it has written to its memory');
      await endEmulator(libvirt, HOST);
      t.equal(await digest(memory), kept, 'it has not written to what is kept');
    }
    t.strictSame(await readdir(paths.memory), [], 'no file is left');

    await truncate(memory, MEMORY / 2);
    const damaged = startMapped(vm, { directory: KEPT, files }, guest);
    await t.rejects(damaged, { code: 'file-unreadable' }, 'a file that was cut is noticed before anything starts');
    t.equal(await libvirt.domainState(HOST), 'shutoff');
  },
);

t.test('a guest that is to be kept again has a copy as its memory, and what was kept stays', { skip }, async (t) => {
  await using libvirt = await openLibvirt('qemu:///system');
  const guest = await bootGuest(t, libvirt);
  const { serial } = guest;
  const second = join(FOLDER, 'again');
  await mkdir(second);
  await libvirt.suspendDomain(HOST);
  const before = await digestMemory(guest);
  const files = await keepMapped(vm, KEPT, guest);
  await endMapped(vm, guest);
  const memory = keptMemoryPath(KEPT, HOST);
  const kept = await digest(memory);

  await startMapped(vm, { directory: KEPT, files }, { ...guest, again: true });
  t.equal(memoryOf(await libvirt.migratableXml(HOST)), 'shared', 'it writes to a file');
  t.equal(await digestMemory(guest), before);
  const [copy, { blocks }] = await Promise.all([stat(runningMemoryPath(paths, UUID)), stat(memory)]);
  t.ok(copy.blocks <= blocks, 'the copy has the holes of what was kept');
  t.equal(copy.mode & 0o777, 0o600);
  const { size } = await stat(serial);
  await libvirt.resumeDomain(HOST);
  await until('it counts on', async () => (await stat(serial)).size > size + 2);
  await libvirt.suspendDomain(HOST);
  const after = await digestMemory(guest);
  t.not(after, before);
  const filesAgain = await keepMapped(vm, second, guest);
  await endMapped(vm, guest);
  t.equal(await digest(memory), kept, 'what was kept first stays as it was');

  await startMapped(vm, { directory: second, files: filesAgain }, guest);
  t.equal(await digestMemory(guest), after, 'what was kept then comes back whole');
  await endEmulator(libvirt, HOST);

  const lost = keptMemoryPath(second, HOST);
  await rm(runningMemoryPath(paths, UUID), { force: true });
  await mkdir(runningMemoryPath(paths, UUID));
  const blocked = startMapped(vm, { directory: second, files: filesAgain }, { ...guest, again: true });
  await t.rejects(blocked, 'a file that cannot be made is told');
  t.equal((await stat(lost)).size, MEMORY, 'and what was kept is still there');
});

t.test('a guest whose memory was kept goes on in the same emulator where it is not ended', { skip }, async (t) => {
  await using libvirt = await openLibvirt('qemu:///system');
  const guest = await bootGuest(t, libvirt);
  const { serial } = guest;
  await libvirt.suspendDomain(HOST);
  await keepMapped(vm, KEPT, guest);
  const { size } = await stat(serial);
  await libvirt.resumeDomain(HOST);
  await until('it counts on', async () => (await stat(serial)).size > size + 2);
  const saved = join(FOLDER, 'saved');
  await libvirt.saveDomain(HOST, saved);
  t.ok((await stat(saved)).size > FILLED.bytes, 'what libvirt saves later has the memory in it');
});

t.test('the trial finds that memory can be mapped here, and leaves nothing', { skip }, async (t) => {
  await using libvirt = await openLibvirt('qemu:///system');
  const mapped = await makeFolders(t, libvirt);
  const platform = await platformOf(libvirt);
  t.equal(await tryMappedMemory({ libvirt, platform, directory: paths.memory, mapped }, signal), null);
  t.strictSame(await readdir(paths.memory), []);
});

const { uid = 0, skip: noUser = 'no user that libvirt runs emulators as' } = await findEmulatorUser();

t.test('root gives memory to emulators that run as another user, and to nobody else', { skip: noUser }, async (t) => {
  await runEmulatorsAs(t, uid);
  const folder = await mkdtemp('/var/tmp/virtbs-mapped-');
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  await chmod(folder, 0o711);
  await using libvirt = await openLibvirt('qemu:///system');
  const platform = await platformOf(libvirt);
  const attempt = async (owner: readonly [number, number] | null): Promise<string | null> =>
    await tryMappedMemory({ libvirt, platform, directory: folder, mapped: { owner, readOnly: false } }, signal);
  t.equal(await attempt([uid, uid]), null);
  t.match((await attempt(null)) ?? '', /[Pp]ermission denied/, 'an emulator has no way around that');
  t.strictSame(await readdir(folder), []);
  const path = join(folder, 'one');
  await makeMemoryFile(path, MIB, [uid, uid]);
  const { mode, uid: owner } = await stat(path);
  t.strictSame([mode & 0o777, owner], [0o600, uid]);
});
