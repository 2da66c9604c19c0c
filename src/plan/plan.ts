/** The complete description of a slice, made from configuration and topology without a look at the world. */
export interface SlicePlan {
  readonly version: 1;
  readonly slice: number;
  readonly networks: readonly NetworkPlan[];
  readonly vms: readonly VmPlan[];
  /** Only where VMs that exist are reached otherwise than was planned: see `Driver.reach`. */
  readonly access?: SliceAccess;
}

/** What ssh needs to know besides the VMs' addresses. */
export interface SliceAccess {
  /** The host name of the VM of this plan through which the others are reached, or another machine as ssh's ProxyJump has it; null for none. */
  readonly jump: string | null;
  /** Users by host name; the others have the seed's. */
  readonly users: Readonly<Record<string, string>>;
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
  /** What the host does with packets for or from elsewhere; `route` forwards them as they are, both ways. */
  readonly forward: 'nat' | 'none' | 'route';
  /** What the host serves on this network. */
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

export interface VmPlan {
  readonly hostname: string;
  readonly domain: string;
  readonly uuid: string;
  readonly role: string;
  readonly offset: number;
  readonly memoryMiB: number;
  readonly vcpu: number;
  /** Where ssh is tried: IPv4 on the first network on which the host has an address; null where there is none. */
  readonly accessAddress: string | null;
  readonly interfaces: readonly InterfacePlan[];
  readonly disks: readonly DiskPlan[];
  readonly cache: DiskCache;
  readonly virtType: 'auto' | 'kvm' | 'qemu';
  readonly graphics: 'none' | 'vnc' | 'spice';
  /** Devices to boot from, in this order. */
  readonly boot: readonly ('disk' | 'network')[];
  /** What `cycle` waits for: a login over ssh, or nothing but that the VM runs. */
  readonly wait: 'ssh' | 'none';
  readonly labels: Readonly<Record<string, unknown>>;
}

export type DiskCache = 'unsafe' | 'writeback' | 'none' | 'writethrough' | 'directsync';
