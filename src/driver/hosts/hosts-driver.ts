import { stat } from 'node:fs/promises';
import { hostname as thisHost } from 'node:os';
import { domainName, slicePaths } from '../../filenames.js';
import { deriveUuid } from '../../plan/derive-uuid.js';
import type { VmPlan } from '../../plan/plan.js';
import { userName } from '../../session/user-name.js';
import type { Driver, DriverFeatures, DriverOptions, SliceState, VmState } from '../types.js';
import { UNABLE_METHODS } from '../unable-methods.js';
import { DEFAULT_HOSTS_SETTINGS, type HostsSettings, type MachineSettings } from './hosts-settings.js';
import { reachMachines } from './reach-machines.js';

/** The number of the first machine in its slice, as for VMs: 0 is the network, 1 the host. */
const FIRST_OFFSET = 2;

/** Opens the machines that the configuration names. Nothing is reached: the slice is what the configuration says. */
export function openHostsDriver(
  { root, settings = DEFAULT_HOSTS_SETTINGS, signal }: DriverOptions<HostsSettings>,
  features: DriverFeatures,
): Driver {
  signal?.throwIfAborted();
  return {
    ...UNABLE_METHODS,
    features,
    site: thisHost(),
    async inspect({ slice }, context) {
      context.signal.throwIfAborted();
      const isAsked = slice === undefined || slice === settings.slice;
      return isAsked && Object.keys(settings.machines).length > 0 ? [await describeSlice(settings, root)] : [];
    },
    reach: async (plan, context) => await reachMachines(plan, settings, context.signal),
    async usage(_filter, context) {
      context.signal.throwIfAborted();
      return { host: null, vms: [] };
    },
    observe: async () => ({ power: 'running', consoleBytes: 0 }),
    consoleTail: async () => [],
    async [Symbol.asyncDispose]() {
      // Nothing is held open.
    },
  };
}

async function describeSlice({ slice, machines }: HostsSettings, root: string): Promise<SliceState> {
  const whose = { created: await firstSeen(root, slice), session: `${userName()}@${thisHost()}` };
  const vms = Object.entries(machines).map(([hostname, machine], index): VmState => {
    const plan = machinePlan(hostname, machine, { slice, offset: FIRST_OFFSET + index });
    const { domain, uuid, role, offset, accessAddress, memoryMiB, vcpu } = plan;
    // Whether it runs is seen by those who log in.
    const known = { domain, uuid, hostname, role, offset, accessAddress, memoryMiB, vcpu, plan };
    return { ...known, ...whose, power: 'running', image: null };
  });
  return { slice, root, ...whose, expires: null, vms, networks: [] };
}

/** When the slice's folder was made; now where there is none yet. */
async function firstSeen(root: string, slice: number): Promise<string> {
  const found = await stat(slicePaths(root, slice).directory).catch(() => null);
  return (found?.birthtime ?? new Date()).toISOString();
}

/** A machine as plans have VMs; what only the making of a VM needs is empty. */
function machinePlan(
  hostname: string,
  { role, labels, destination }: MachineSettings,
  { slice, offset }: Pick<VmPlan, 'offset'> & { readonly slice: number },
): VmPlan {
  const domain = domainName(slice, hostname);
  return {
    hostname,
    domain,
    uuid: deriveUuid(`domain:${domain}`),
    role,
    offset,
    memoryMiB: 0,
    vcpu: 0,
    accessAddress: destination.host,
    interfaces: [],
    disks: [],
    cache: 'none',
    virtType: 'auto',
    graphics: 'none',
    boot: [],
    wait: 'ssh',
    labels,
  };
}
