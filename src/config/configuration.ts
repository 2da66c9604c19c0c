import type { AddressPoolSettings } from '../address/address-pool.js';
import type { CheckpointSettings } from '../checkpoint/checkpoint-settings.js';
import type { DriverName } from '../known-drivers.js';
import type { ImageRecipe } from '../image/types.js';
import type { OpenStackSettings } from '../openstack/openstack-settings.js';
import type { CapacitySettings } from '../plan/capacity.js';
import type { JumpHost } from '../output/jump-host.js';
import type { DiskCache } from '../plan/plan.js';

/** The merged configuration, checked as a whole. Maps with names of the user's have no prototype. */
export interface Configuration {
  readonly paths: { readonly virtbsRoot: string };
  /** How others reach this machine, where that is said. */
  readonly jumpHost: { readonly [Key in keyof JumpHost]?: JumpHost[Key] | undefined };
  readonly addressPool: AddressPoolSettings;
  /** The slices that `--slice auto` may take, both included. */
  readonly lease: LeaseSettings;
  /** By slot. */
  readonly imageFlow: Readonly<Record<string, ImageRecipe>>;
  /** By network; one that a role uses may be missing here: see `completeNetworkFlags`. */
  readonly networkFlags: Readonly<Record<string, NetworkFlags>>;
  /** By layer, then role; `mergeRoles` makes whole roles of them. */
  readonly machineMatrix: Readonly<Record<string, Readonly<Record<string, PartialRoleSettings>>>>;
  readonly capacity: CapacitySettings;
  readonly checkpoint: CheckpointSettings;
  /** What VMs are made with, unless the command line says otherwise. */
  readonly driver: DriverName;
  readonly openstack: OpenStackSettings;

  /** What a slice is to be, where a file says so. */
  readonly topology: TopologySettings | undefined;
  readonly steering: SteeringSettings;

  /**
   * Where a value was written: `slices/roles.yaml:10:5`, or `-e network_flags.data.mtu=9000 (override 1)`. For a path that no
   * file has, the place of the last part of it that exists.
   *
   * @param path keys as the files have them: `['machine_matrix', 'roles', 'worker', 'memory']`
   */
  place(path: readonly (string | number)[]): string;

  /** Every single value, list and empty map, as written, in the order of the merged files. */
  entries(): readonly ConfigurationEntry[];
}

export interface TopologySettings {
  readonly layers: readonly string[];
  /** Counts by role, with settings laid over those of the layers. */
  readonly roles: Readonly<Record<string, { readonly count: number; readonly settings: PartialRoleSettings }>>;
  /** By host name. With a role it is a further VM of that name; without one it is a VM that there is anyway. */
  readonly vms: Readonly<
    Record<string, { readonly role?: string | undefined; readonly settings: PartialRoleSettings }>
  >;
}

/** How names in osweint's steering files are ours; one that is not there is taken as it is. */
export interface SteeringSettings {
  readonly layers: readonly string[];
  /** Slots by image name. */
  readonly images: Readonly<Record<string, string>>;
  /** Roles by flavor name. */
  readonly flavors: Readonly<Record<string, string>>;
}

export interface ConfigurationEntry {
  readonly path: readonly string[];
  readonly value: unknown;
  /** As `place` gives it. */
  readonly source: string;
}

export interface LeaseSettings {
  readonly first: number;
  readonly last: number;
}

export interface NetworkFlags {
  /** The number inside every slice, where it is declared. */
  readonly id?: number | undefined;
  /** The host forwards to the outside with NAT. */
  readonly internetAccess: boolean;
  /** Nobody outside the slice can begin a connection to it. Without it the host forwards to it, and from it, without NAT. */
  readonly isolation: boolean;
  readonly hostAddress: boolean;
  readonly addressServing4: boolean;
  readonly addressServing6: boolean;
  readonly dns: boolean;
  /** Bytes. */
  readonly mtu: number;
  /** The network whose bridge this one shares; that one has its own. */
  readonly sameBridge?: string | undefined;
  readonly labels: Readonly<Record<string, unknown>>;
}

export interface RoleSettings {
  readonly memoryMiB: number;
  readonly vcpu: number;
  readonly nets: readonly string[];
  /** By name, in the order of the guest's drives. Every disk has a size or a slot. */
  readonly disks: Readonly<Record<string, DiskSettings>>;
  readonly firstOffset?: number | undefined;
  readonly labels: Readonly<Record<string, unknown>>;
  readonly cache: DiskCache;
  readonly virtType: 'auto' | 'kvm' | 'qemu';
  readonly graphics: 'none' | 'vnc' | 'spice';
  readonly boot: readonly ('disk' | 'network')[];
  readonly wait: 'ssh' | 'none';
}

export interface DiskSettings {
  /** That of the image where it is not given. */
  readonly sizeBytes?: number | undefined;
  readonly imageSlot?: string | undefined;
  readonly imageTag?: string | undefined;
}

/** A role as one layer has it. */
export type PartialRoleSettings = { readonly [Key in keyof RoleSettings]?: RoleSettings[Key] | undefined };
