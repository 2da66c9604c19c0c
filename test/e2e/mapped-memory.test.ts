import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, open, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { endEmulator } from '../../src/driver/libvirt/end-emulator.js';
import {
  endMapped,
  keepMapped,
  makeMemoryFile,
  startMapped,
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
const MIB = 1024 ** 2;
const MEMORY = 64 * MIB;
/** Far from what the firmware and the guest's program use. */
const FILLED = { from: 16 * MIB, bytes: 32 * MIB };
const { signal } = new AbortController();

async function platformOf(libvirt: LibvirtPool): ReturnType<typeof detectPlatform> {
  return await detectPlatform(libvirt, { emit: () => undefined, signal, isNew: async () => false });
}

/** The digest of all that the guest has in its memory, as its processor sees it. */
async function digestMemory(libvirt: LibvirtPool, path: string): Promise<string> {
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

/** A guest that counts, with a memory half of which is random. */
async function bootGuest(
  t: Test,
  libvirt: LibvirtPool,
  directory: string,
): Promise<MappedOptions & { serial: string }> {
  const paths = { memory: join(directory, 'memory') };
  const [disk, serial] = [join(directory, 'disk'), join(directory, 'serial')];
  await mkdir(paths.memory);
  await writeFile(disk, trialDisk());
  await writeFile(serial, '');
  const path = runningMemoryPath(paths, HOST);
  await makeMemoryFile(path, MEMORY, null);
  {
    await using file = await open(path, 'r+');
    await file.write(randomBytes(FILLED.bytes), 0, FILLED.bytes, FILLED.from);
  }
  const guest = { platform: await platformOf(libvirt), name: HOST, disk, serial, memoryKib: MEMORY / 1024 };
  // A generation id is written into the guest's memory, and is another one at each start: its 16 bytes alone would differ.
  await libvirt.defineDomain(trialGuestXml(guest).replace(/<genid>.*<\/genid>/, ''));
  t.teardown(async () => {
    await using after = await openLibvirt('qemu:///system');
    await after.destroyDomain(HOST);
    await after.undefineDomain(HOST);
  });
  await libvirt.createDomain(mappedXml(await libvirt.definition(HOST), { memory: { path, mode: 'shared' } }));
  await until('it counts', async () => (await stat(serial)).size > 2);
  return { libvirt, paths, serial };
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
    const directory = t.testdir({ kept: {} });
    await using libvirt = await openLibvirt('qemu:///system');
    const { serial, ...options } = await bootGuest(t, libvirt, directory);
    const vm = { uuid: HOST, hostname: HOST };
    const [dump, folder] = [join(directory, 'dump'), join(directory, 'kept')];
    await libvirt.suspendDomain(HOST);
    const before = await digestMemory(libvirt, dump);
    const files = await keepMapped(vm, folder, options);
    t.equal(await digestMemory(libvirt, dump), before, 'keeping changes nothing');
    await endMapped(vm, options);
    const memory = keptMemoryPath(folder, HOST);
    const kept = await digest(memory);
    for (let round = 1; round <= 10; round++) {
      await startMapped(vm, { directory: folder, files }, { ...options, host: null });
      t.equal(await digestMemory(libvirt, dump), before, `round ${round}`);
      const { size } = await stat(serial);
      await libvirt.resumeDomain(HOST);
      await until('it counts on', async () => (await stat(serial)).size > size + 2);
      await libvirt.suspendDomain(HOST);
      t.not(await digestMemory(libvirt, dump), before, 'it has written to its memory');
      await endEmulator(libvirt, HOST);
      t.equal(await digest(memory), kept, 'it has not written to what is kept');
    }
    t.strictSame(await readdir(options.paths.memory), [], 'no file is left');

    await truncate(memory, MEMORY / 2);
    const damaged = startMapped(vm, { directory: folder, files }, { ...options, host: null });
    await t.rejects(damaged, { code: 'file-unreadable' }, 'a file that was cut is noticed before anything starts');
    t.equal(await libvirt.domainState(HOST), 'shutoff');
  },
);

t.test('a guest that is to be kept again has a copy as its memory, and what was kept stays', { skip }, async (t) => {
  const directory = t.testdir({ kept: {}, again: {} });
  await using libvirt = await openLibvirt('qemu:///system');
  const { serial, ...options } = await bootGuest(t, libvirt, directory);
  const vm = { uuid: HOST, hostname: HOST };
  const [dump, folder, second] = ['dump', 'kept', 'again'].map((name) => join(directory, name));
  if (!dump || !folder || !second) throw new Error('no names');
  await libvirt.suspendDomain(HOST);
  const before = await digestMemory(libvirt, dump);
  const files = await keepMapped(vm, folder, options);
  await endMapped(vm, options);
  const memory = keptMemoryPath(folder, HOST);
  const kept = await digest(memory);

  const host = { owner: null, readOnly: true };
  await startMapped(vm, { directory: folder, files }, { ...options, host, again: true });
  t.equal(memoryOf(await libvirt.migratableXml(HOST)), 'shared', 'it writes to a file');
  t.equal(await digestMemory(libvirt, dump), before);
  const [copy, { blocks }] = await Promise.all([stat(runningMemoryPath(options.paths, HOST)), stat(memory)]);
  t.ok(copy.blocks <= blocks, 'the copy has the holes of what was kept');
  t.equal(copy.mode & 0o777, 0o600);
  const { size } = await stat(serial);
  await libvirt.resumeDomain(HOST);
  await until('it counts on', async () => (await stat(serial)).size > size + 2);
  await libvirt.suspendDomain(HOST);
  const after = await digestMemory(libvirt, dump);
  t.not(after, before);
  const filesAgain = await keepMapped(vm, second, options);
  await endMapped(vm, options);
  t.equal(await digest(memory), kept, 'what was kept first stays as it was');

  await startMapped(vm, { directory: second, files: filesAgain }, { ...options, host: null });
  t.equal(await digestMemory(libvirt, dump), after, 'what was kept then comes back whole');
  await endEmulator(libvirt, HOST);

  const lost = keptMemoryPath(second, HOST);
  await rm(runningMemoryPath(options.paths, HOST), { force: true });
  await mkdir(runningMemoryPath(options.paths, HOST));
  const blocked = startMapped(vm, { directory: second, files: filesAgain }, { ...options, host, again: true });
  await t.rejects(blocked, 'a file that cannot be made is told');
  t.equal((await stat(lost)).size, MEMORY, 'and what was kept is still there');
});

t.test('a guest whose memory was kept goes on in the same emulator where it is not ended', { skip }, async (t) => {
  const directory = t.testdir({ kept: {} });
  await using libvirt = await openLibvirt('qemu:///system');
  const { serial, ...options } = await bootGuest(t, libvirt, directory);
  await libvirt.suspendDomain(HOST);
  await keepMapped({ uuid: HOST, hostname: HOST }, join(directory, 'kept'), options);
  const { size } = await stat(serial);
  await libvirt.resumeDomain(HOST);
  await until('it counts on', async () => (await stat(serial)).size > size + 2);
  const saved = join(directory, 'saved');
  await libvirt.saveDomain(HOST, saved);
  t.ok((await stat(saved)).size > FILLED.bytes, 'what libvirt saves later has the memory in it');
});

t.test('the trial finds that memory can be mapped here, and leaves nothing', { skip }, async (t) => {
  await using libvirt = await openLibvirt('qemu:///system');
  const directory = t.testdir({ memory: {} });
  const platform = await platformOf(libvirt);
  const mapped = { owner: null, readOnly: false };
  t.equal(await tryMappedMemory({ libvirt, platform, directory: join(directory, 'memory'), mapped }, signal), null);
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
