import { randomBytes } from 'node:crypto';
import { mkdir, rm, statfs } from 'node:fs/promises';
import { VirtbsError } from '../../errors.js';
import { diskPath, keptMemoryPath, layerName, memoryPath, runningMemoryPath, slicePaths } from '../../filenames.js';
import { readQcow2Header } from '../../image/read-qcow2-header.js';
import type { LibvirtPool } from '../../libvirt/libvirt-pool.js';
import type { VmPlan } from '../../plan/plan.js';
import { runPhase } from '../../run-phase.js';
import { withStuckVms } from '../with-stuck-vms.js';
import type { DriverContext, KeptDisk, KeepOutcome, KeptVm, KeepRequest, MappedFiles } from '../types.js';
import { forAllVms } from './for-all-vms.js';
import { generationOf } from './generation-id.js';
import { vmPower } from './inspect-slices.js';
import { explainLibvirt } from './libvirt-failure.js';
import { endMapped, keepMapped, makeMemoryFile, type FindMappedHost } from './mapped-vms.js';
import { isMappedMachine, mappedXml, memoryOf, type DomainMemory } from './mapped-xml.js';
import { keepDisks, makeNextDisks, removeNextDisks, type SwapOptions } from './swap-disks.js';
import { thawVms, type VmKept } from './thaw-vms.js';

const MIB = 1024 ** 2;

export interface KeepOptions {
  readonly libvirt: LibvirtPool;
  readonly root: string;
  readonly findMappedHost: FindMappedHost;
}

/**
 * Pauses all VMs, keeps their memory, ends their emulators, makes their disks read-only layers with new disks of the
 * same names on top, and starts the VMs from what was kept: so it is known to be good. Once all is kept it is not given up; what
 * then fails is told, and can be tried again.
 */
export async function keepVms(
  request: KeepRequest,
  { libvirt, root, findMappedHost }: KeepOptions,
  context: DriverContext,
): Promise<KeepOutcome> {
  const { emit, signal } = context;
  const { slice, directory, layers, again } = request;
  const swap: SwapOptions = { paths: slicePaths(root, slice), layers };
  const vms = await Promise.all(
    request.vms.map(async (vm): Promise<VmKept> => ({ vm, kept: await describeVm(vm, { libvirt, swap, signal }) })),
  );
  const found = vms.map((each) => each.kept);
  try {
    await makeNextDisks(found, swap, signal);
    const options = { libvirt, directory, swap, vms: request.vms, findMappedHost, context };
    return await runPhase(emit, 'save', async () => {
      const frozen = await freezeVms(vms, options);
      const failures = await thawVms(frozen, { ...options, again, paths: swap.paths, ended: isAwake });
      return { vms: frozen.map(({ kept }) => kept), failures };
    });
  } finally {
    await removeNextDisks(found, swap);
  }
}

async function describeVm(
  vm: VmPlan,
  {
    libvirt,
    swap,
    signal,
  }: { readonly libvirt: LibvirtPool; readonly swap: SwapOptions; readonly signal: AbortSignal },
): Promise<KeptVm> {
  const power = await explainLibvirt(vm.domain, async () => vmPower(await libvirt.domainState(vm.uuid, signal)));
  if (power === 'unknown')
    throw new VirtbsError('libvirt-failed', `${vm.domain}: libvirt does not say whether it runs`);
  const xml = await libvirt.domainXml(vm.uuid, signal);
  const generation = generationOf(xml);
  const disks = vm.disks.map(async ({ name, sizeBytes }): Promise<KeptDisk> => {
    const header = await readQcow2Header(diskPath(swap.paths, vm.hostname, name));
    const layer = layerName(vm.hostname, name, randomBytes(6).toString('hex'));
    return { name, layer, sizeBytes: header?.virtualSize ?? sizeBytes };
  });
  return {
    hostname: vm.hostname,
    power: power === 'crashed' ? 'off' : power,
    disks: await Promise.all(disks),
    ...(generation !== undefined && { generation }),
    ...(isMappedMachine(xml) && { mappedMachine: true }),
  };
}

function isAwake({ kept }: VmKept): boolean {
  return kept.power !== 'off';
}

interface FreezeOptions {
  readonly libvirt: LibvirtPool;
  readonly directory: string;
  readonly swap: SwapOptions;
  /** All that are kept together. */
  readonly vms: readonly VmPlan[];
  readonly findMappedHost: FindMappedHost;
  readonly context: DriverContext;
}

/** Ends with all VMs off and kept, or with all as they were and nothing kept. Says how each was kept. */
async function freezeVms(vms: readonly VmKept[], options: FreezeOptions): Promise<readonly VmKept[]> {
  const { libvirt, directory, swap, context } = options;
  const { signal } = context;
  const ended = new Set<VmPlan>();
  const kept = new Map(vms.map((each) => [each.vm, each]));
  try {
    const running = vms.filter(({ kept: { power } }) => power === 'running');
    await forAllVms(running, ({ vm }) => libvirt.suspendDomain(vm.uuid));
    signal.throwIfAborted();
    await forAllVms(vms.filter(isAwake), async (each) => {
      const mapped = await keepMemory(each.vm, options, ended);
      if (mapped) kept.set(each.vm, { vm: each.vm, kept: { ...each.kept, mapped } });
    });
    signal.throwIfAborted();
    await forAllVms(
      vms.filter((each) => isAwake(each) && !ended.has(each.vm)),
      async ({ vm }) => {
        await endMapped(vm, { libvirt, paths: swap.paths });
        ended.add(vm);
      },
    );
    signal.throwIfAborted();
    await keepDisks(
      vms.map((each) => each.kept),
      swap,
    );
    return [...kept.values()];
  } catch (error) {
    const isEnded = ({ vm }: VmKept): boolean => ended.has(vm);
    const thawing = { ...options, paths: swap.paths, ended: isEnded };
    const failures = await thawVms([...kept.values()], thawing);
    for (const { hostname } of vms.map(({ vm }) => vm)) {
      await rm(memoryPath(directory, hostname), { force: true });
      await rm(keptMemoryPath(directory, hostname), { force: true });
    }
    throw withStuckVms(error, failures, 'libvirt-failed');
  }
}

/**
 * Keeps memory and devices of a VM that is paused. Where that is a stream the VM is off then, and in `ended`; else its memory is a file.
 */
async function keepMemory(vm: VmPlan, options: FreezeOptions, ended: Set<VmPlan>): Promise<MappedFiles | null> {
  const { libvirt, directory, swap } = options;
  const xml = await libvirt.migratableXml(vm.uuid);
  const from = memoryOf(xml);
  const stream = memoryPath(directory, vm.hostname);
  const mapped = { libvirt, paths: swap.paths };
  if (from === 'shared') return await keepMapped(vm, directory, mapped);
  const file = from === 'private' && !losesClock(xml) ? await nextMemory(vm, options) : null;
  // The file that it was started from has no name any more, and all of the memory is in the stream.
  const next = from === 'private' ? mappedXml(xml, { memory: file ?? { path: null } }) : undefined;
  try {
    await libvirt.saveDomain(vm.uuid, stream, next);
  } catch (error) {
    if (file) await rm(runningMemoryPath(swap.paths, vm.uuid), { force: true });
    throw error;
  }
  ended.add(vm);
  if (!file) return null;
  await libvirt.restoreDomain(stream);
  ended.delete(vm);
  await rm(stream);
  return await keepMapped(vm, directory, mapped);
}

/**
 * Tells whether a VM must run between two savings: with KVM an emulator that was restored and never let go on saves its own new clock
 * instead of the guest's, whose time then stands still for as long as it had run before. Source: hw/i386/kvm/clock.c of qemu 10.0
 */
function losesClock(xml: string): boolean {
  return /<domain [^>]*type=['"]kvm['"]/.test(xml);
}

/**
 * Makes a new file for the memory of a VM that is kept again: what it has changed since its start is in its emulator alone. Null where
 * there may be no room for the file and the stream that fills it.
 */
async function nextMemory(
  { uuid, memoryMiB }: VmPlan,
  { directory, swap, vms, findMappedHost, context }: FreezeOptions,
): Promise<DomainMemory | null> {
  const host = await findMappedHost(swap.paths, context);
  const { bavail, bsize } = await statfs(directory);
  const needed = vms.reduce((sum, vm) => sum + 2 * vm.memoryMiB * MIB, 0);
  if (!host || needed > bavail * bsize) return null;
  const path = runningMemoryPath(swap.paths, uuid);
  await mkdir(swap.paths.memory, { recursive: true, mode: 0o711 });
  await makeMemoryFile(path, memoryMiB * MIB, host.owner);
  return { path, mode: 'shared' };
}
