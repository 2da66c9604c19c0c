import type { NetworkFlags } from './configuration.js';

export type PartialNetworkFlags = { readonly [Key in keyof NetworkFlags]?: NetworkFlags[Key] | undefined };

const ETHERNET_MTU = 1500;

/** Flags with their defaults; `completeNetworkFlags({})` is for a network that is used but not declared. */
export function completeNetworkFlags(flags: PartialNetworkFlags): NetworkFlags {
  const hostAddress = flags.hostAddress ?? true;
  return {
    id: flags.id,
    internetAccess: flags.internetAccess ?? false,
    isolation: flags.isolation ?? true,
    hostAddress,
    addressServing4: flags.addressServing4 ?? hostAddress,
    addressServing6: flags.addressServing6 ?? false,
    dns: flags.dns ?? hostAddress,
    mtu: flags.mtu ?? ETHERNET_MTU,
    sameBridge: flags.sameBridge,
    labels: flags.labels ?? {},
  };
}
