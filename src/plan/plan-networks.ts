import { allocateAddress, subnetCidrs } from '../address/allocate-address.js';
import type { AddressPool } from '../address/address-pool.js';
import { completeNetworkFlags } from '../config/complete-network-flags.js';
import type { Configuration, NetworkFlags, RoleSettings } from '../config/configuration.js';
import { bridgeName } from '../filenames.js';
import { numberNetworks } from './number-networks.js';
import type { NetworkPlan } from './plan.js';

export interface NetworkProblem {
  readonly network: string;
  readonly key: string | null;
  readonly message: string;
}

export interface NetworksRequest {
  readonly slice: number;
  readonly pool: AddressPool;
  readonly configuration: Configuration;
  /** All roles of the merged layers: their order gives networks without a declared number theirs. */
  readonly roles: Readonly<Record<string, RoleSettings>>;
  /** The roles that VMs are asked for: their networks are made. */
  readonly used: readonly string[];
}

/** The name of a network device, without the zero at its end. Source: IFNAMSIZ in Linux' include/uapi/linux/if.h */
const BRIDGE_NAME_LIMIT = 15;
/** Linux takes IPv6 off a device with less, and every network has IPv6. Source: RFC 8200, section 5 */
const LEAST_MTU = 1280;
const HOST_OFFSET = 1;

/** The networks that the used roles are on, in the order of their numbers, and all that is wrong with them. */
export function planNetworks(request: NetworksRequest): {
  readonly networks: readonly NetworkPlan[];
  readonly problems: readonly NetworkProblem[];
} {
  const { slice, pool, configuration, roles, used } = request;
  const flagsOf = (name: string): NetworkFlags => configuration.networkFlags[name] ?? completeNetworkFlags({});
  const all = withSharedBridges(
    Object.values(roles).flatMap(({ nets }) => nets),
    flagsOf,
  );
  const declared = Object.values(configuration.networkFlags).flatMap(({ id }) => (id === undefined ? [] : [id]));
  const numbers = numberNetworks(
    all.map((name) => ({ name, id: flagsOf(name).id })),
    declared,
  );
  const names = withSharedBridges(
    used.flatMap((role) => roles[role]?.nets ?? []),
    flagsOf,
  );
  const problems = names.flatMap((name) => networkProblems(name, { slice, pool, flags: flagsOf(name), numbers }));
  if (problems.length > 0) return { networks: [], problems };
  const networks = names.map((name) => {
    const flags = flagsOf(name);
    return networkPlan(name, {
      slice,
      pool,
      flags,
      bridgeFlags: flagsOf(flags.sameBridge ?? name),
      id: numbers.get(name) ?? 0,
    });
  });
  return { networks: networks.sort((one, other) => one.id - other.id), problems: [] };
}

/** Every network once, and behind it the one whose bridge it shares. */
function withSharedBridges(names: readonly string[], flagsOf: (name: string) => NetworkFlags): readonly string[] {
  const all = names.flatMap((name) => {
    const { sameBridge } = flagsOf(name);
    return sameBridge === undefined ? [name] : [name, sameBridge];
  });
  return [...new Set(all)];
}

interface NetworkContext {
  readonly slice: number;
  readonly pool: AddressPool;
  readonly flags: NetworkFlags;
}

function networkProblems(
  network: string,
  { slice, pool, flags, numbers }: NetworkContext & { readonly numbers: ReadonlyMap<string, number> },
): readonly NetworkProblem[] {
  const problems: NetworkProblem[] = [];
  const id = numbers.get(network) ?? 0;
  if (id >= pool.networkCount) {
    const message = `network number ${id} does not fit: a slice has ${pool.networkCount} networks, 0 to ${pool.networkCount - 1}`;
    problems.push({ network, key: flags.id === undefined ? null : 'id', message });
  }
  // Reported once: for the later of the two.
  const first = [...numbers].find(([, number]) => number === id)?.[0];
  const twin = first === network ? undefined : first;
  if (twin !== undefined) {
    problems.push({
      network,
      key: 'id',
      message: `number ${id} is that of network "${twin}" too: their addresses would meet`,
    });
  }
  const bridge = bridgeName(slice, network);
  if (flags.sameBridge === undefined && bridge.length > BRIDGE_NAME_LIMIT) {
    const room = BRIDGE_NAME_LIMIT - bridgeName(slice, '').length;
    const message = `bridge name "${bridge}" is longer than ${BRIDGE_NAME_LIMIT} characters: ${room} are left in slice ${slice}`;
    problems.push({ network, key: null, message });
  }
  if (flags.sameBridge === undefined && flags.mtu < LEAST_MTU) {
    const message = `an mtu of ${flags.mtu} is too small: IPv6, which every network has, needs at least ${LEAST_MTU}`;
    problems.push({ network, key: 'mtu', message });
  }
  return problems;
}

function networkPlan(
  name: string,
  { slice, pool, flags, bridgeFlags, id }: NetworkContext & { readonly bridgeFlags: NetworkFlags; readonly id: number },
): NetworkPlan {
  const host = allocateAddress(pool, { slice, network: id, offset: HOST_OFFSET });
  const cidrs = subnetCidrs(pool, slice, id);
  const { hostAddress } = flags;
  return {
    name,
    bridge: bridgeName(slice, flags.sameBridge ?? name),
    id,
    mac: host.mac,
    mtu: bridgeFlags.mtu,
    ipv4: { cidr: cidrs.ipv4, host: hostAddress ? host.ipv4 : null },
    ipv6: { cidr: cidrs.ipv6, host: hostAddress ? host.ipv6 : null },
    forward: forwardOf(bridgeFlags),
    serving: {
      ipv4: hostAddress && flags.addressServing4,
      ipv6: hostAddress && flags.addressServing6,
      dns: hostAddress && flags.dns,
    },
    labels: flags.labels,
  };
}

function forwardOf({ internetAccess, isolation }: NetworkFlags): NetworkPlan['forward'] {
  if (!isolation) return 'route';
  return internetAccess ? 'nat' : 'none';
}
