import type { DiskCache, FirstBootSettings } from '../config/configuration.js';

/** The complete description of a slice, made from configuration and topology without a look at the world. */
export interface SlicePlan {
  readonly version: 1;
  readonly slice: number;
  readonly networks: readonly NetworkPlan[];
  readonly vms: readonly VmPlan[];
  /** Only where VMs that exist are reached otherwise than was planned: see `Driver.reach`. */
  readonly access?: SliceAccess;
}

/** The facts that ssh needs besides the VMs' addresses. */
export interface SliceAccess {
  /** The host name of the VM of this plan through which the others are reached, or another machine as ssh's ProxyJump has it; null for none. */
  readonly jump: string | null;
  /** Users by host name; the others have the seed's. */
  readonly users: Readonly<Record<string, string>>;
  /** The logins to machines that virtbs did not make, by host name. Missing where all VMs have the slice's key. */
  readonly logins?: Readonly<Record<string, MachineLogin>>;
}

/** The login to a machine that virtbs did not make: with its owner's keys. */
export interface MachineLogin {
  /** The machine is the one where virtbs runs: commands are run without ssh. */
  readonly local: boolean;
  /** Options of ssh besides its address and user; of an option with several values, a list. */
  readonly options: Readonly<Record<string, string | readonly string[]>>;
  /** Files with host keys that its owner trusts, besides the slice's own. */
  readonly knownHosts: readonly string[];
}

export interface SubnetPlan {
  /** `172.16.17.0/24` */
  readonly cidr: string;
  /** The host's own address, or null where the host has none on this network. */
  readonly host: string | null;
}

export interface NetworkPlan {
  readonly name: string;
  /** The bridge, and the name of the libvirt network: `bs1-NAME`; that of another network where they share one. */
  readonly bridge: string;
  /** The number of the network inside every slice. */
  readonly id: number;
  /** The MAC of the bridge. */
  readonly mac: string;
  /** Bytes. */
  readonly mtu: number;
  readonly ipv4: SubnetPlan;
  readonly ipv6: SubnetPlan;
  /** The handling of packets from or to the outside; `route` forwards them as they are, both ways. */
  readonly forward: 'nat' | 'none' | 'route';
  /** The services of the host on this network. */
  readonly serving: { readonly ipv4: boolean; readonly ipv6: boolean; readonly dns: boolean };
  readonly labels: Readonly<Record<string, unknown>>;
}

export interface InterfacePlan {
  /** The name of a network of this plan. */
  readonly network: string;
  readonly mac: string;
  readonly ipv4: string;
  readonly ipv6: string;
}

export interface DiskPlan {
  readonly name: string;
  /** `vda`, `vdb`, … as the guest sees it. */
  readonly target: string;
  readonly sizeBytes: number;
  /** The image slot this disk is cloned from, or null for an empty disk. */
  readonly slot: string | null;
  readonly tag: string | null;
}

/** What a VM is given at its first boot, beside what every VM of a slice gets. */
export type FirstBootPlan = Omit<FirstBootSettings, 'user'>;

/** A folder of this machine that a VM sees. */
export interface SharePlan {
  /** Absolute, in the guest. */
  readonly path: string;
  /** Absolute, on this machine. */
  readonly source: string;
  readonly readOnly: boolean;
}

export interface VmPlan {
  readonly hostname: string;
  readonly domain: string;
  readonly uuid: string;
  readonly role: string;
  readonly offset: number;
  readonly memoryMiB: number;
  readonly vcpu: number;
  /** The address for ssh: IPv4 on the first network on which the host has an address; null where there is none. */
  readonly accessAddress: string | null;
  readonly interfaces: readonly InterfacePlan[];
  readonly disks: readonly DiskPlan[];
  readonly cache: DiskCache;
  readonly virtType: 'auto' | 'kvm' | 'qemu';
  readonly graphics: 'none' | 'vnc' | 'spice';
  /** Devices to boot from, in this order. */
  readonly boot: readonly ('disk' | 'network')[];
  /** The event that `cycle` waits for: a login over ssh, or nothing but that the VM runs. */
  readonly wait: 'ssh' | 'none';
  /** The user that the slice's key logs in as; `stack` where not given. */
  readonly user?: string;
  /** What it is given at its first boot; missing where that is nothing. */
  readonly firstBoot?: FirstBootPlan;
  /** Missing where it sees none. */
  readonly share?: readonly SharePlan[];
  readonly labels: Readonly<Record<string, unknown>>;
}
