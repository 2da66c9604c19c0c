import { parseSession } from '../session/parse-session.js';
import type { Session } from '../session/session.js';
import type { Driver, HostUsage, NetworkState, SliceState, VmState, VmUsage } from '../driver/types.js';
import type { VerbContext } from '../events.js';

export interface SliceList {
  readonly version: 1;
  readonly host: HostUsage | null;
  readonly slices: readonly ListedSlice[];
}

export interface ListedSlice extends Omit<SliceState, 'vms' | 'networks'> {
  /** The session that made it, in parts. */
  readonly madeBy: Session;
  readonly vms: readonly ListedVm[];
  readonly networks: readonly Omit<NetworkState, 'plans'>[];
}

export interface ListedVm extends Omit<VmState, 'plan' | 'networks'> {
  /** Memory of the host that it holds; bytes. */
  readonly residentBytes: number;
  /** Bytes that its own disks take on the host. */
  readonly diskBytes: number;
}

/** The slices with what their VMs use of the host, and what that has. */
export async function listSlices(
  driver: Driver,
  filter: { readonly slice?: number },
  context: VerbContext,
): Promise<SliceList> {
  const [states, usage] = await Promise.all([driver.inspect(filter, context), driver.usage(filter, context)]);
  const slices = states.map(({ vms, networks, ...state }) => ({
    ...state,
    madeBy: parseSession(state.session),
    vms: vms.map((vm) => listedVm(vm, usage.vms)),
    networks: networks.map(({ name, uuid, active }) => ({ name, uuid, active })),
  }));
  return { version: 1, host: usage.host, slices };
}

function listedVm(vm: VmState, usages: readonly VmUsage[]): ListedVm {
  const { domain, uuid, hostname, role, offset, power, accessAddress, image, memoryMiB, vcpu, created, session } = vm;
  const { residentBytes = 0, diskBytes = 0 } = usages.find((usage) => usage.uuid === uuid) ?? {};
  const known = {
    domain,
    uuid,
    hostname,
    role,
    offset,
    power,
    accessAddress,
    image,
    memoryMiB,
    vcpu,
    created,
    session,
  };
  return { ...known, residentBytes, diskBytes };
}
