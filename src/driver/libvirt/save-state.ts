import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { VirtbsError } from '../../errors.js';
import { diskPath, layerName, memoryPath, slicePaths } from '../../filenames.js';
import { readQcow2Header } from '../../image/read-qcow2-header.js';
import type { LibvirtPool } from '../../libvirt/libvirt-pool.js';
import type { VmPlan } from '../../plan/plan.js';
import { runPhase } from '../../run-phase.js';
import { withStuckVms } from '../with-stuck-vms.js';
import type { DriverContext, SavedDisk, SavedState, SavedVm, StateRequest } from '../types.js';
import { forAllVms } from './for-all-vms.js';
import { vmPower } from './inspect-slices.js';
import { explainLibvirt } from './libvirt-failure.js';
import { keepDisks, makeNextDisks, removeNextDisks, type SwapOptions } from './swap-disks.js';
import { thawVms, type StateVm } from './thaw-vms.js';

export interface StateOptions {
  readonly libvirt: LibvirtPool;
  readonly root: string;
}

/**
 * Pauses all VMs, saves their memory, which ends their emulators, makes their disks read-only layers with new disks of the
 * same names on top, and starts the VMs from what was saved: so it is known to be good. Once all is kept it is not given up; what
 * then fails is told, and can be tried again.
 */
export async function saveState(
  request: StateRequest,
  { libvirt, root }: StateOptions,
  { emit, signal }: DriverContext,
): Promise<SavedState> {
  const { slice, directory, layers } = request;
  const swap: SwapOptions = { paths: slicePaths(root, slice), layers };
  const vms = await Promise.all(
    request.vms.map(async (vm): Promise<StateVm> => ({ vm, saved: await describeVm(vm, { libvirt, swap, signal }) })),
  );
  const saved = vms.map((each) => each.saved);
  try {
    await makeNextDisks(saved, swap, signal);
    return await runPhase(emit, 'save', async () => {
      await freezeVms(vms, { libvirt, directory, swap, signal });
      const failures = await thawVms(vms, { libvirt, directory, ended: isAwake });
      return { vms: saved, failures };
    });
  } finally {
    await removeNextDisks(saved, swap);
  }
}

async function describeVm(
  vm: VmPlan,
  {
    libvirt,
    swap,
    signal,
  }: { readonly libvirt: LibvirtPool; readonly swap: SwapOptions; readonly signal: AbortSignal },
): Promise<SavedVm> {
  const power = await explainLibvirt(vm.domain, async () => vmPower(await libvirt.domainState(vm.uuid, signal)));
  if (power === 'unknown')
    throw new VirtbsError('libvirt-failed', `${vm.domain}: libvirt does not say whether it runs`);
  const disks = vm.disks.map(async ({ name, sizeBytes }): Promise<SavedDisk> => {
    const header = await readQcow2Header(diskPath(swap.paths, vm.hostname, name));
    const layer = layerName(vm.hostname, name, randomBytes(6).toString('hex'));
    return { name, layer, sizeBytes: header?.virtualSize ?? sizeBytes };
  });
  return { hostname: vm.hostname, power: power === 'crashed' ? 'off' : power, disks: await Promise.all(disks) };
}

function isAwake({ saved }: StateVm): boolean {
  return saved.power !== 'off';
}

interface FreezeOptions {
  readonly libvirt: LibvirtPool;
  readonly directory: string;
  readonly swap: SwapOptions;
  readonly signal: AbortSignal;
}

/** Ends with all VMs off and kept, or with all as they were and nothing kept. */
async function freezeVms(vms: readonly StateVm[], { libvirt, directory, swap, signal }: FreezeOptions): Promise<void> {
  const written = new Set<StateVm>();
  try {
    const running = vms.filter(({ saved }) => saved.power === 'running');
    await forAllVms(running, ({ vm }) => libvirt.suspendDomain(vm.uuid));
    signal.throwIfAborted();
    await forAllVms(vms.filter(isAwake), async (each) => {
      await libvirt.saveDomain(each.vm.uuid, memoryPath(directory, each.vm.hostname));
      written.add(each);
    });
    signal.throwIfAborted();
    await keepDisks(
      vms.map(({ saved }) => saved),
      swap,
    );
  } catch (error) {
    const failures = await thawVms(vms, { libvirt, directory, ended: (each) => written.has(each) });
    for (const { vm } of vms) await rm(memoryPath(directory, vm.hostname), { force: true });
    throw withStuckVms(error, failures, 'libvirt-failed');
  }
}
