import { join } from 'node:path';
import { networksMeet } from '../../address/networks-meet.js';
import { VirtbsError } from '../../errors.js';
import { bridgeName } from '../../filenames.js';
import { deriveUuid } from '../../plan/derive-uuid.js';
import type { ImageBuild } from '../../image/types.js';
import type { NetworkPlan, SlicePlan, VmPlan } from '../../plan/plan.js';
import { runPhase } from '../../run-phase.js';
import { collectSlices } from '../collect-slices.js';
import type { CreateRequest, Driver, PowerAction, KeptVm, SliceState, VmOutcome, VmState, VmUsage } from '../types.js';
import { withOwnRoot } from '../with-own-root.js';
import { ownershipOf, type Ownership } from '../ownership.js';
import { vmImages } from '../vm-images.js';

/** A hypervisor of objects; what is in it outlives the drivers that are opened on it. */
export interface MemoryWorld {
  readonly domains: Map<string, MemoryDomain>;
  readonly networks: Map<string, MemoryNetwork>;
  /** The contents of VMs that were kept, by the folder that they were kept for and their names. */
  readonly kept: Map<string, ReadonlyMap<string, string>>;
}

export interface MemoryDomain {
  readonly name: string;
  readonly uuid: string;
  /** The slice, root and state of one that is ours. */
  readonly ours?: Ownership & { readonly state: VmState };
  /** What is in the VM, by any names: it is kept and brought back with it. Missing in a VM that nobody wrote to. */
  readonly content?: Map<string, string>;
}

export interface MemoryNetwork {
  readonly name: string;
  readonly uuid: string;
  readonly cidrs: readonly string[];
  readonly ours?: Ownership & { readonly plans: readonly NetworkPlan[] };
}

export function createMemoryWorld(): MemoryWorld {
  return { domains: new Map(), networks: new Map(), kept: new Map() };
}

/** A driver that keeps all in memory, for tests of what stands on drivers. Nothing boots in it. */
export function openMemoryDriver(world: MemoryWorld, root: string): Driver {
  return {
    features: { guests: false, snapshots: 'memory', unable: { 'build-vm': 'nothing boots in memory' } },
    site: 'memory',

    async inspect({ slice }, { signal }) {
      signal.throwIfAborted();
      const states = await withOwnRoot(inspectWorld(world), root);
      return states.filter((state) => slice === undefined || state.slice === slice);
    },

    async check(plan, old, { signal }) {
      signal.throwIfAborted();
      checkDomains(world, plan, old);
      checkNetworks(world, plan, old);
    },

    async destroy(slice, { emit, signal }) {
      signal.throwIfAborted();
      for (const [name, { ours }] of world.domains) {
        if (ours?.slice !== slice) continue;
        world.domains.delete(name);
        emit({ type: 'vm-gone', name });
      }
      for (const [name, { ours }] of world.networks) if (ours?.slice === slice) world.networks.delete(name);
    },

    async create(request, { emit, signal }) {
      await runPhase(emit, 'networks', async () => {
        signal.throwIfAborted();
        addNetworks(world, request, root);
      });
      return await runPhase(emit, 'vms', () =>
        Promise.all(askedVms(request).map((vm) => createVm(world, vm, { request, root }))),
      );
    },

    async observe(vm) {
      return { power: world.domains.get(vm.domain)?.ours?.state.power ?? 'off', consoleBytes: 0 };
    },

    async consoleTail() {
      return [];
    },

    async power({ domain }, action, { signal }) {
      signal.throwIfAborted();
      setPower(world, domain, POWER_AFTER[action]);
    },

    async remove({ vms, networks }, _slice, { emit, signal }) {
      signal.throwIfAborted();
      for (const { domain } of vms) {
        world.domains.delete(domain);
        emit({ type: 'vm-gone', name: domain });
      }
      for (const { name } of networks) world.networks.delete(name);
    },

    async keep({ vms, directory }, { signal }) {
      signal.throwIfAborted();
      for (const { domain, hostname } of vms) {
        world.kept.set(join(directory, hostname), new Map(world.domains.get(domain)?.content));
      }
      return { vms: vms.map((vm) => keptVm(world, vm)), failures: [] };
    },

    async restore({ vms, kept, directory }, { signal }) {
      signal.throwIfAborted();
      for (const { domain, hostname } of vms) {
        const entry = world.domains.get(domain);
        const content = world.kept.get(join(directory, hostname));
        if (entry) world.domains.set(domain, { ...entry, content: new Map(content) });
        const power = kept.find((each) => each.hostname === hostname)?.power;
        if (power !== undefined) setPower(world, domain, power);
      }
      return [];
    },

    async fingerprint() {
      return 'memory';
    },

    async usage({ slice }, { signal }) {
      signal.throwIfAborted();
      const slices = inspectWorld(world).filter((state) => slice === undefined || state.slice === slice);
      return {
        host: null,
        vms: slices.flatMap((state) => state.vms.map((vm) => ({ ...vmUsage(vm), slice: state.slice }))),
      };
    },

    async [Symbol.asyncDispose]() {
      // Nothing is held open.
    },
  };
}

/** The power after an action; null where it stays. Guests in memory listen at once. */
const POWER_AFTER: Readonly<Record<PowerAction, VmState['power'] | null>> = {
  start: 'running',
  shutdown: 'off',
  off: 'off',
  reboot: null,
  reset: null,
};

/** @param power null where it stays */
function setPower(world: MemoryWorld, domain: string, power: VmState['power'] | null): void {
  const entry = world.domains.get(domain);
  if (!entry?.ours) throw new VirtbsError('libvirt-failed', `there is no domain named "${domain}"`);
  const { state } = entry.ours;
  if (power !== null) world.domains.set(domain, { ...entry, ours: { ...entry.ours, state: { ...state, power } } });
}

/** A VM in memory has nothing to keep but whether it runs. */
function keptVm(world: MemoryWorld, { domain, hostname }: VmPlan): KeptVm {
  const power = world.domains.get(domain)?.ours?.state.power;
  return { hostname, power: power === 'running' || power === 'paused' ? power : 'off', disks: [] };
}

function vmUsage({ domain, uuid, hostname, role, power, vcpu, memoryMiB }: VmState): Omit<VmUsage, 'slice'> {
  const sums = { cpuTimeNanoseconds: 0, receivedBytes: 0, sentBytes: 0, readBytes: 0, writtenBytes: 0 };
  return { domain, uuid, hostname, role, power, vcpu, memoryMiB, residentBytes: 0, diskBytes: 0, ...sums };
}

function askedVms({ plan, only }: CreateRequest): readonly VmPlan[] {
  return plan.vms.filter(({ hostname }) => only?.has(hostname) ?? true);
}

function inspectWorld(world: MemoryWorld): readonly SliceState[] {
  const vms = [...world.domains.values()].flatMap(({ ours }) => (ours ? [{ ownership: ours, state: ours.state }] : []));
  const networks = [...world.networks.values()].flatMap(({ name, uuid, ours }) =>
    ours ? [{ ownership: ours, state: { name, uuid, active: true, plans: ours.plans } }] : [],
  );
  return collectSlices(vms, networks);
}

function checkDomains(world: MemoryWorld, plan: SlicePlan, old: SliceState | undefined): void {
  const ours = new Set(old?.vms.map(({ uuid }) => uuid));
  for (const vm of plan.vms) {
    const other = world.domains.get(vm.domain);
    if (other && !ours.has(other.uuid)) throw new VirtbsError('name-taken', `a domain named "${vm.domain}" exists`);
  }
}

function checkNetworks(world: MemoryWorld, plan: SlicePlan, old: SliceState | undefined): void {
  const ours = new Set(old?.networks.map(({ uuid }) => uuid));
  const foreign = [...world.networks.values()].filter(({ uuid }) => !ours.has(uuid));
  for (const { bridge, ipv4, ipv6 } of plan.networks) {
    if (foreign.some(({ name }) => name === bridge)) throw new VirtbsError('name-taken', `network "${bridge}" exists`);
    for (const { cidr } of [ipv4, ipv6]) {
      const clash = foreign.find(({ cidrs }) => cidrs.some((taken) => networksMeet(taken, cidr)));
      if (clash) throw new VirtbsError('network-clash', `${cidr} meets network "${clash.name}"`);
    }
  }
}

function addNetworks(world: MemoryWorld, request: CreateRequest, root: string): void {
  const { plan } = request;
  const { slice } = plan;
  for (const { name, bridge } of plan.networks) {
    if (bridge !== bridgeName(slice, name)) continue;
    const plans = plan.networks.filter((network) => network.bridge === bridge);
    const cidrs = plans.flatMap(({ ipv4, ipv6 }) => [ipv4.cidr, ipv6.cidr]);
    const uuid = deriveUuid(`network:${bridge}`);
    world.networks.set(bridge, { name: bridge, uuid, cidrs, ours: { ...ownershipOf(request, root), plans } });
  }
}

async function createVm(
  world: MemoryWorld,
  vm: VmPlan,
  { request, root }: { readonly request: CreateRequest; readonly root: string },
): Promise<VmOutcome> {
  const { domain, uuid, hostname, role, offset, memoryMiB, vcpu, accessAddress } = vm;
  if (world.domains.has(domain)) {
    return { vm, error: new VirtbsError('name-taken', `a domain named "${domain}" exists`) };
  }
  const { created, session } = request;
  let build: ImageBuild | undefined;
  try {
    [build] = await vmImages(vm, request);
  } catch (error) {
    if (!(error instanceof VirtbsError) || error.code === 'cancelled') throw error;
    return { vm, error };
  }
  const image = build ? `${build.slot}/${build.build}` : null;
  const power = 'running' as const;
  const state = {
    domain,
    uuid,
    hostname,
    role,
    offset,
    memoryMiB,
    vcpu,
    accessAddress,
    image,
    created,
    session,
    power,
    plan: vm,
  };
  const content = request.kept ? world.kept.get(join(request.kept.directory, hostname)) : undefined;
  const ours = { ...ownershipOf(request, root), state };
  world.domains.set(domain, { name: domain, uuid, ours, content: new Map(content) });
  return { vm, error: null };
}
