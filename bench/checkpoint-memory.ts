import { mkdir, mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { randomFillSync, randomUUID } from 'node:crypto';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { stderr, stdout } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { renderTable } from '../src/cli/render/table.js';
import { endEmulator } from '../src/driver/libvirt/end-emulator.js';
import {
  endMapped,
  keepMapped,
  makeMemoryFile,
  startMapped,
  type MappedHost,
  type StartOptions,
} from '../src/driver/libvirt/mapped-vms.js';
import { mappedXml } from '../src/driver/libvirt/mapped-xml.js';
import { detectPlatform } from '../src/driver/libvirt/platform.js';
import { trialDisk, trialGuestXml } from '../src/driver/libvirt/trial-guest.js';
import { runningMemoryPath } from '../src/filenames.js';
import type { LibvirtPool } from '../src/libvirt/libvirt-pool.js';
import { openLibvirt } from '../src/libvirt/open-libvirt.js';
import { renderSize } from '../src/text/render-size.js';
import { parseSize } from '../src/yaml/parse-size.js';
import { median } from './run-measured.js';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
/** The part of its memory that a guest has written to. */
const FILLED = 0.75;
/** Below is what firmware and the guest's program use. */
const FILLED_FROM = 16 * MIB;
const ROUNDS = 3;
/** Emulators run as the one who measures. */
const HOST: MappedHost = { owner: null, readOnly: false };
/** The guests whose memory on the host is compared. */
const GUESTS = { count: 4, bytes: GIB };
const LIMITS = { restore: 0.1, growth: 1.3, keep: 0.1, held: 0.25 };

interface Guest {
  readonly name: string;
  readonly bytes: number;
  readonly serial: string;
  readonly paths: { readonly memory: string };
  readonly kept: string;
  readonly saved: string;
}

/** Milliseconds of each round. */
interface Times {
  readonly keep: number;
  readonly restore: number;
  readonly save: number;
  readonly load: number;
  /** A stage of a deployment: what was kept once is kept again, and goes on. */
  readonly stage: number;
  /** The same for a guest that has changed pages of its own: all memory goes through a stream into a new file. */
  readonly stageByStream: number;
}

/**
 * Compares keeping and restoring of guests whose memory is filled: mapped, and as a stream by libvirt's own save and restore. The guest
 * is a program of a few instructions; its memory is filled with random bytes before it starts. Both ways start from the same file.
 */
export async function measureMemory(sizes: string): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'virtbs-bench-'));
  await using libvirt = await openLibvirt('qemu:///system', { connections: 8 });
  try {
    const all = sizes.split(',').map(parseSize);
    const found = new Map<number, Times>();
    for (const bytes of all) found.set(bytes, await measure(libvirt, directory, bytes));
    const seconds = (value: number): string => (value / 1000).toFixed(2);
    const rows = [...found].map(([bytes, { keep, restore, save, load, stage, stageByStream }]) => [
      ...[renderSize(bytes), renderSize(bytes * FILLED)],
      ...[keep, save, restore, load, stage, stageByStream].map(seconds),
    ]);
    const heading = ['MEMORY', 'FILLED', 'KEEP s', 'SAVE s', 'RESTORE s', 'LOAD s', 'STAGE s', 'BY STREAM s'];
    stdout.write(renderTable([heading, ...rows]));
    const held = await measureHeld(libvirt, directory);
    stdout.write(`\n${renderTable([['AIM', 'LIMIT', 'FOUND', ''], ...aims(found, held)])}`);
    stdout.write(
      `load of the machine: ${loadavg()
        .map((load) => load.toFixed(1))
        .join(' ')}\n`,
    );
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function aims(found: ReadonlyMap<number, Times>, held: readonly [mapped: number, stream: number]): readonly string[][] {
  const [least, largest] = [Math.min(...found.keys()), Math.max(...found.keys())];
  const [small, large] = [found.get(least), found.get(largest)];
  if (!small || !large) return [];
  const size = renderSize(largest);
  const rows = [
    [`restore of ${size} / libvirt's own`, LIMITS.restore, large.restore / large.load],
    [`restore of ${size} / of ${renderSize(least)}`, LIMITS.growth, large.restore / small.restore],
    [`keep of ${size} / libvirt's own save`, LIMITS.keep, large.keep / large.save],
    [`memory held by ${GUESTS.count} of ${renderSize(GUESTS.bytes)} / libvirt's own`, LIMITS.held, held[0] / held[1]],
  ] as const;
  return rows.map(([aim, limit, value]) => [aim, String(limit), value.toFixed(3), value <= limit ? 'met' : 'not met']);
}

async function measure(libvirt: LibvirtPool, directory: string, bytes: number): Promise<Times> {
  const rounds: Times[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const guest = await boot(libvirt, directory, { name: 'bench-memory', bytes });
    const vm = { uuid: guest.name, hostname: guest.name };
    const options = { libvirt, paths: guest.paths };
    await libvirt.suspendDomain(guest.name);
    const [keep, files] = await timed(async () => {
      const kept = await keepMapped(vm, guest.kept, options);
      await endMapped(vm, options);
      return kept;
    });
    const start = async (host: MappedHost | null): Promise<void> => {
      await startMapped(vm, { directory: guest.kept, files }, { ...options, host, again: host !== null });
      await libvirt.resumeDomain(guest.name);
    };
    const [restore] = await timed(() => start(null));
    const [stageByStream] = await timed(async () => {
      await libvirt.suspendDomain(guest.name);
      const path = runningMemoryPath(guest.paths, guest.name);
      await makeMemoryFile(path, bytes, null);
      const next = mappedXml(await libvirt.migratableXml(guest.name), { memory: { path, mode: 'shared' } });
      await libvirt.saveDomain(guest.name, guest.saved, next);
      await libvirt.restoreDomain(guest.saved);
      await rm(guest.saved);
      await keepAgain(guest, options);
      await start(null);
    });
    await endMapped(vm, options);
    await start(HOST);
    const [stage] = await timed(async () => {
      await libvirt.suspendDomain(guest.name);
      await keepAgain(guest, options);
      await start(HOST);
    });
    const xml = mappedXml(await libvirt.migratableXml(guest.name), { memory: { path: null } });
    const [save] = await timed(async () => {
      await libvirt.suspendDomain(guest.name);
      await libvirt.saveDomain(guest.name, guest.saved, xml);
    });
    const [load] = await timed(async () => {
      await libvirt.restoreDomain(guest.saved);
      await libvirt.resumeDomain(guest.name);
    });
    const times: Times = { keep, restore, save, load, stage, stageByStream };
    stderr.write(`${renderSize(bytes)}: ${JSON.stringify(times)}\n`);
    rounds.push(times);
    await remove(libvirt, guest);
  }
  const of = (name: keyof Times): number => median(rounds.map((round) => round[name]));
  return {
    keep: of('keep'),
    save: of('save'),
    restore: of('restore'),
    load: of('load'),
    stage: of('stage'),
    stageByStream: of('stageByStream'),
  };
}

/** Keeps a guest that is paused in the place of what was kept of it, and ends it. */
async function keepAgain(guest: Guest, options: Pick<StartOptions, 'libvirt' | 'paths'>): Promise<void> {
  const vm = { uuid: guest.name, hostname: guest.name };
  await rm(guest.kept, { recursive: true });
  await mkdir(guest.kept);
  await keepMapped(vm, guest.kept, options);
  await endMapped(vm, options);
}

/** Returns the memory of the host that guests hold right after they were restored, mapped and as a stream; bytes. */
async function measureHeld(libvirt: LibvirtPool, directory: string): Promise<readonly [number, number]> {
  const sums: [number, number] = [0, 0];
  for (let index = 0; index < GUESTS.count; index++) {
    const guest = await boot(libvirt, directory, { name: `bench-memory-${index}`, bytes: GUESTS.bytes });
    const vm = { uuid: guest.name, hostname: guest.name };
    const options = { libvirt, paths: guest.paths };
    await libvirt.suspendDomain(guest.name);
    const files = await keepMapped(vm, guest.kept, options);
    await endMapped(vm, options);
    await startMapped(vm, { directory: guest.kept, files }, { ...options, host: null });
    await libvirt.resumeDomain(guest.name);
    await until('it runs', async () => (await stat(guest.serial)).size > 0);
    sums[0] += await heldBy(guest.name);
    const xml = mappedXml(await libvirt.migratableXml(guest.name), { memory: { path: null } });
    await libvirt.saveDomain(guest.name, guest.saved, xml);
    await libvirt.restoreDomain(guest.saved);
    await libvirt.resumeDomain(guest.name);
    sums[1] += await heldBy(guest.name);
    await remove(libvirt, guest);
  }
  stderr.write(`held: ${sums.map(renderSize).join(', ')}\n`);
  return sums;
}

/** Resident pages of an emulator; those that others map too count as their share. */
async function heldBy(name: string): Promise<number> {
  const pid = (await readFile(`/run/libvirt/qemu/${name}.pid`, 'utf8')).trim();
  const [, kib = '0'] = /^Pss:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/smaps_rollup`, 'utf8')) ?? [];
  return Number(kib) * 1024;
}

async function boot(
  libvirt: LibvirtPool,
  directory: string,
  { name, bytes }: Pick<Guest, 'name' | 'bytes'>,
): Promise<Guest> {
  const folder = join(directory, name);
  const [memory, kept, disk] = [join(folder, 'memory'), join(folder, 'kept'), join(folder, 'disk')];
  await mkdir(memory, { recursive: true });
  await mkdir(kept);
  const guest: Guest = {
    name,
    bytes,
    paths: { memory },
    kept,
    serial: join(folder, 'serial'),
    saved: join(folder, 'saved'),
  };
  await writeFile(disk, trialDisk());
  await writeFile(guest.serial, '');
  const path = runningMemoryPath(guest.paths, name);
  await makeMemoryFile(path, bytes, null);
  await fill(path, bytes * FILLED);
  const { signal } = new AbortController();
  const platform = await detectPlatform(libvirt, { emit: () => undefined, signal, isNew: async () => false });
  await libvirt.defineDomain(
    trialGuestXml({ platform, name, uuid: randomUUID(), disk, serial: guest.serial, memoryKib: bytes / 1024 }),
  );
  await libvirt.createDomain(mappedXml(await libvirt.definition(name), { memory: { path, mode: 'shared' } }));
  await until('it runs', async () => (await stat(guest.serial)).size > 0);
  return guest;
}

async function fill(path: string, bytes: number): Promise<void> {
  await using file = await open(path, 'r+');
  const block = randomFillSync(Buffer.alloc(16 * MIB));
  for (let at = FILLED_FROM; at < bytes; at += block.length) await file.write(block, 0, block.length, at);
}

async function remove(libvirt: LibvirtPool, { name, paths }: Guest): Promise<void> {
  await endEmulator(libvirt, name);
  await libvirt.undefineDomain(name);
  await rm(join(paths.memory, '..'), { recursive: true });
}

async function timed<T>(work: () => Promise<T>): Promise<readonly [milliseconds: number, T]> {
  const start = performance.now();
  const result = await work();
  return [Math.round(performance.now() - start), result];
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const limit = performance.now() + 300_000;
  while (!(await holds())) {
    if (performance.now() > limit) throw new Error(`not within 300 s: ${what}`);
    await sleep(20);
  }
}
