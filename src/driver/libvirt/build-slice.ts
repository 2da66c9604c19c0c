import { rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import pLimit from 'p-limit';
import { diskPath, seedPath, slicePaths, type SlicePaths } from '../../filenames.js';
import type { LibvirtPool } from '../../libvirt/libvirt-pool.js';
import type { ImageBuild } from '../../image/types.js';
import type { VmPlan } from '../../plan/plan.js';
import { runPhase } from '../../run-phase.js';
import type { BuildRequest, DriverContext, VmOutcome } from '../types.js';
import { vmImages } from '../vm-images.js';
import { createNetworks } from './create-networks.js';
import { domainXml } from './domain-xml.js';
import { explainLibvirt } from './libvirt-failure.js';
import type { Ownership } from './metadata.js';
import type { Platform } from './platform.js';
import { bootSource, keptSource, type VmSource } from './vm-source.js';
import { settleAll } from '../../settle-all.js';

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
  const files = { libvirt: options.libvirt, paths, signal: context.signal };
  const source = request.kept ? keptSource(request.kept, request, files) : bootSource(request, files);
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
    const builder = { request, ownership, paths, source, ...options, ...context };
    try {
      // Not any longer once the networks have failed.
      const images = vmImages(vm, request);
      const [image] = await Promise.race([images, networks.then(() => images)]);
      const xml = await defineVm(vm, image, builder);
      await networks;
      await starts(() => startVm(vm, xml, builder));
      return { vm, error: null };
    } catch (error) {
      await undoVm(vm, builder);
      if (context.signal.aborted || !(error instanceof Error)) throw error;
      return { vm, error };
    }
  });
  const outcomes = runPhase(context.emit, 'vms', () => settleAll(vms));
  // The VMs wait for the networks and undo themselves without them: nothing runs any more when a failure is told.
  const [, started] = await settleAll([networks, outcomes]);
  return await releaseVms(started, source);
}

/** None runs where one is missing. */
async function releaseVms(started: readonly VmOutcome[], source: VmSource): Promise<readonly VmOutcome[]> {
  if (started.some(({ error }) => error !== null)) return started;
  return await Promise.all(
    started.map(async ({ vm }): Promise<VmOutcome> => {
      try {
        await explainLibvirt(vm.domain, () => source.release(vm));
        return { vm, error: null };
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        return { vm, error };
      }
    }),
  );
}

interface VmBuilder extends BuildOptions, DriverContext {
  readonly request: BuildRequest;
  readonly ownership: Ownership;
  readonly paths: SlicePaths;
  readonly source: VmSource;
}

/** @param image the first that its disks are cloned from */
async function defineVm(vm: VmPlan, image: ImageBuild | undefined, builder: VmBuilder): Promise<string> {
  const { request, source, libvirt, signal } = builder;
  await source.prepare(vm);
  const xml = domainXml(vm, {
    ...builder,
    plan: request.plan,
    image: image ? `${image.slot}/${image.build}` : null,
    kernel: image?.boot ?? null,
  });
  await explainLibvirt(vm.domain, () => libvirt.defineDomain(xml, {}, signal));
  return xml;
}

async function startVm(vm: VmPlan, xml: string, { source, emit, signal }: VmBuilder): Promise<void> {
  signal.throwIfAborted();
  await explainLibvirt(vm.domain, () => source.start(vm, xml));
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
