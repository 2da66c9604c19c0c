import { rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import pLimit from 'p-limit';
import { diskPath, seedPath, slicePaths, type SlicePaths } from '../../filenames.js';
import type { LibvirtPool } from '../../libvirt/libvirt-pool.js';
import type { ImageBuild } from '../../image/types.js';
import type { VmPlan } from '../../plan/plan.js';
import { runPhase } from '../../run-phase.js';
import type { CreateRequest, DriverContext, VmOutcome } from '../types.js';
import { vmImages } from '../vm-images.js';
import { createNetworks } from './create-networks.js';
import { domainXml } from './domain-xml.js';
import { explainLibvirt } from './libvirt-failure.js';
import { ownershipOf, type Ownership } from '../ownership.js';
import type { FindMappedHost } from './mapped-vms.js';
import type { Platform } from './platform.js';
import { bootSource, keptSource, type VmSource } from './vm-source.js';
import { settleAll } from '../../settle-all.js';

const NOT_MAPPED = {
  type: 'warning',
  message: 'memory cannot be mapped on this host and is kept as a stream: virtbs host check says why',
} as const;

export interface CreateOptions {
  readonly libvirt: LibvirtPool;
  readonly platform: Platform;
  readonly root: string;
  readonly findMappedHost: FindMappedHost;
  /** The networks that were seen to stand just now, as the plan wants them. */
  readonly standing?: ReadonlySet<string> | undefined;
}

/**
 * Makes the networks and, meanwhile, the files of all VMs; then starts the VMs. Of a VM that fails nothing is left; of a slice
 * whose networks fail, no network.
 */
export async function createSlice(
  request: CreateRequest,
  options: CreateOptions,
  context: DriverContext,
): Promise<readonly VmOutcome[]> {
  const { plan } = request;
  const ownership = ownershipOf(request, options.root);
  const paths = slicePaths(options.root, plan.slice);
  const mappedHost = wantsMapped(request) ? await options.findMappedHost(paths, context) : null;
  if (!mappedHost && request.memory === 'mapped' && !request.kept) context.emit(NOT_MAPPED);
  const files = { libvirt: options.libvirt, paths, mappedHost, ...context };
  const source = request.kept ? keptSource(request.kept, request, files) : bootSource(request, files);
  const networks = runPhase(context.emit, 'networks', () =>
    createNetworks(plan, {
      libvirt: options.libvirt,
      ownership,
      signal: context.signal,
      inUse: request.only !== undefined,
      standing: options.standing ?? new Set(),
    }),
  );
  const starts = pLimit(Math.max(2, availableParallelism()));
  const asked = plan.vms.filter(({ hostname }) => request.only?.has(hostname) ?? true);
  const vms = asked.map(async (vm): Promise<VmOutcome> => {
    const creation = { request, ownership, paths, source, ...options, ...context };
    try {
      // Not any longer once the networks have failed.
      const images = vmImages(vm, request);
      const [image] = await Promise.race([images, networks.then(() => images)]);
      const xml = await defineVm(vm, image, creation);
      await networks;
      await starts(() => startVm(vm, xml, creation));
      return { vm, error: null };
    } catch (error) {
      await undoVm(vm, creation);
      if (context.signal.aborted || !(error instanceof Error)) throw error;
      return { vm, error };
    }
  });
  const outcomes = runPhase(context.emit, 'vms', () => settleAll(vms));
  // The VMs wait for the networks and undo themselves without them: nothing runs any more when a failure is told.
  const [, started] = await settleAll([networks, outcomes]);
  return await releaseVms(started, source);
}

/** Tells whether memory of the VMs is mapped, or is to be kept so that it can be. */
function wantsMapped({ kept, memory = 'stream' }: CreateRequest): boolean {
  return kept ? kept.kept.some(({ mapped }) => mapped !== undefined) : memory !== 'stream';
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

interface VmCreation extends CreateOptions, DriverContext {
  readonly request: CreateRequest;
  readonly ownership: Ownership;
  readonly paths: SlicePaths;
  readonly source: VmSource;
}

/** @param image the first that its disks are cloned from */
async function defineVm(vm: VmPlan, image: ImageBuild | undefined, creation: VmCreation): Promise<string> {
  const { request, source, libvirt, signal } = creation;
  await source.prepare(vm);
  const xml = domainXml(vm, {
    ...creation,
    plan: request.plan,
    image: image ? `${image.slot}/${image.build}` : null,
    kernel: image?.boot ?? null,
  });
  await explainLibvirt(vm.domain, () => libvirt.defineDomain(xml, {}, signal));
  return xml;
}

async function startVm(vm: VmPlan, xml: string, { source, emit, signal }: VmCreation): Promise<void> {
  signal.throwIfAborted();
  await explainLibvirt(vm.domain, () => source.start(vm, xml));
  emit({ type: 'vm', hostname: vm.hostname, phase: 'started' });
}

/** Leaves nothing of a VM that could not be made; what cannot be undone now is for the next `wipe`. */
async function undoVm(vm: VmPlan, { libvirt, paths }: VmCreation): Promise<void> {
  const undo = async (): Promise<void> => {
    await libvirt.destroyDomain(vm.uuid);
    await libvirt.undefineDomain(vm.uuid);
    const files = [seedPath(paths, vm.hostname), ...vm.disks.map(({ name }) => diskPath(paths, vm.hostname, name))];
    for (const file of files) await rm(file, { force: true });
  };
  await undo().catch(() => undefined);
}
