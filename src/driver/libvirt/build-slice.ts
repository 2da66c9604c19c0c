import { rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import pLimit from 'p-limit';
import { consolePath, diskPath, seedPath, slicePaths, type SlicePaths } from '../../filenames.js';
import { writeNewFile } from '../../files/write-new-file.js';
import type { LibvirtPool } from '../../libvirt/libvirt-pool.js';
import type { ImageBuild } from '../../image/types.js';
import { writeSeedImage } from '../../seed/write-seed-image.js';
import type { VmPlan } from '../../plan/plan.js';
import { runPhase } from '../../run-phase.js';
import type { BuildRequest, DriverContext, VmOutcome } from '../types.js';
import { vmImages } from '../vm-images.js';
import { createNetworks } from './create-networks.js';
import { domainXml } from './domain-xml.js';
import { explainLibvirt } from './libvirt-failure.js';
import { createDiskMaker, type MakeDisks } from './make-disks.js';
import type { Ownership } from './metadata.js';
import type { Platform } from './platform.js';

export interface BuildOptions {
  readonly libvirt: LibvirtPool;
  readonly platform: Platform;
  readonly root: string;
}

/**
 * Makes the networks and, meanwhile, the files of all VMs; then starts the VMs. Of a VM that fails nothing is left; of a slice
 * whose networks fail, no network.
 */
export async function buildSlice(
  request: BuildRequest,
  options: BuildOptions,
  context: DriverContext,
): Promise<readonly VmOutcome[]> {
  const { plan, created, session, expires = null } = request;
  const ownership: Ownership = { slice: plan.slice, root: options.root, created, session, expires };
  const paths = slicePaths(options.root, plan.slice);
  const makeDisks = createDiskMaker({ paths, images: request.images, signal: context.signal });
  const networks = runPhase(context.emit, 'networks', () =>
    createNetworks(plan, {
      libvirt: options.libvirt,
      ownership,
      signal: context.signal,
      inUse: request.only !== undefined,
    }),
  );
  const starts = pLimit(Math.max(2, availableParallelism()));
  const asked = plan.vms.filter(({ hostname }) => request.only?.has(hostname) ?? true);
  const vms = asked.map(async (vm): Promise<VmOutcome> => {
    const builder = { request, ownership, paths, makeDisks, ...options, ...context };
    try {
      // Not any longer once the networks have failed.
      const images = vmImages(vm, request);
      const [image] = await Promise.race([images, networks.then(() => images)]);
      await defineVm(vm, image, builder);
      await networks;
      await starts(() => startVm(vm, builder));
      return { vm, error: null };
    } catch (error) {
      await undoVm(vm, builder);
      if (context.signal.aborted || !(error instanceof Error)) throw error;
      return { vm, error };
    }
  });
  const outcomes = runPhase(context.emit, 'vms', () => Promise.allSettled(vms));
  // The VMs wait for the networks and undo themselves without them: nothing runs any more when a failure is told.
  const [made, tried] = await Promise.allSettled([networks, outcomes]);
  if (made.status === 'rejected') throw made.reason;
  if (tried.status === 'rejected') throw tried.reason;
  return tried.value.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}

interface VmBuilder extends BuildOptions, DriverContext {
  readonly request: BuildRequest;
  readonly ownership: Ownership;
  readonly paths: SlicePaths;
  readonly makeDisks: MakeDisks;
}

/** @param image the first that its disks are cloned from */
async function defineVm(vm: VmPlan, image: ImageBuild | undefined, builder: VmBuilder): Promise<void> {
  const { request, paths, libvirt, signal } = builder;
  const seed = request.seeds.get(vm.hostname);
  if (!seed) throw new Error(`no seed was made for ${vm.hostname}`);
  // The log exists before the emulator's helper opens it, so that it stays readable for the one who asked for the VM.
  const made = await Promise.allSettled([
    builder.makeDisks(vm),
    writeSeedImage(seedPath(paths, vm.hostname), seed, signal),
    writeNewFile(consolePath(paths, vm.hostname)),
  ]);
  for (const result of made) if (result.status === 'rejected') throw result.reason;
  const xml = domainXml(vm, {
    ...builder,
    plan: request.plan,
    image: image ? `${image.slot}/${image.build}` : null,
    kernel: image?.boot ?? null,
  });
  await explainLibvirt(vm.domain, () => libvirt.defineDomain(xml, {}, signal));
}

async function startVm(vm: VmPlan, { libvirt, emit, signal }: VmBuilder): Promise<void> {
  signal.throwIfAborted();
  await explainLibvirt(vm.domain, () => libvirt.startDomain(vm.uuid, signal));
  emit({ type: 'vm', hostname: vm.hostname, phase: 'started' });
}

/** Leaves nothing of a VM that could not be made; what cannot be undone now is for the next `wipe`. */
async function undoVm(vm: VmPlan, { libvirt, paths }: VmBuilder): Promise<void> {
  const undo = async (): Promise<void> => {
    await libvirt.destroyDomain(vm.uuid);
    await libvirt.undefineDomain(vm.uuid);
    const files = [seedPath(paths, vm.hostname), ...vm.disks.map(({ name }) => diskPath(paths, vm.hostname, name))];
    for (const file of files) await rm(file, { force: true });
  };
  await undo().catch(() => undefined);
}
