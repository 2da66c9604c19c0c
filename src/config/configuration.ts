import type { AddressPoolSettings } from '../address/address-pool.js';
import type { CiSettings } from './ci-settings.js';
import type { RunnerSettings } from './runner-settings.js';
import type { CheckpointSettings } from './checkpoint-settings.js';
import type { ImageRecipe } from './image-recipe.js';
import type { CapacitySettings } from './capacity.js';
import type { NotifySettings } from './notify-settings.js';
import type { JumpHost } from './jump-host.js';
import type { Provision } from './provision.js';
import type { SecretSettings, TaskSettings } from './task-settings.js';

/** The merged configuration, checked as a whole. Maps with names of the user's have no prototype. */
export interface Configuration {
  /** What a payload says of itself. */
  readonly about: AboutSettings;
  /** The payload, as far as a file says it; the command line comes first. */
  readonly payload: string | undefined;
  readonly paths: { readonly virtbsRoot: string };
  /** The way by which others reach this machine, as far as a file says it. */
  readonly jumpHost: { readonly [Key in keyof JumpHost]?: JumpHost[Key] | undefined };
  readonly addressPool: AddressPoolSettings;
  /** The slices that `--slice auto` may take, both included. */
  readonly lease: LeaseSettings;
  /** By slot. */
  readonly imageFlow: Readonly<Record<string, ImageRecipe>>;
  /** Keyed by network; one that a role uses may be missing here: see `completeNetworkFlags`. */
  readonly networkFlags: Readonly<Record<string, NetworkFlags>>;
  /** By layer, then role; `mergeRoles` makes whole roles of them. */
  readonly machineMatrix: Readonly<Record<string, Readonly<Record<string, PartialRoleSettings>>>>;
  readonly capacity: CapacitySettings;
  readonly checkpoint: CheckpointSettings;
  /** Returns who is told of a driver's VMs that failed, and the key that says so. */
  notify(driver: string): { readonly key: string; readonly settings: NotifySettings };
  /** The driver that makes VMs, as far as a file says it; the command line comes first. */
  readonly driver: string | undefined;
  /** The settings of drivers by the names of their sections, without those that no file has; each driver knows its own. */
  readonly drivers: Readonly<Record<string, unknown>>;

  /** The number of the slice, as far as a file says it; the command line comes first. */
  readonly slice: number | undefined;
  /** The slice to make, where a file says so. */
  readonly topology: TopologySettings | undefined;
  /** Whether tasks are done once a slice stands, or which ones, as far as a file says it; the command line comes first. */
  readonly do: boolean | readonly string[] | undefined;
  /** The tasks for the VMs of a slice, keyed by name. */
  readonly tasks: Readonly<Record<string, TaskSettings>>;
  /** Secrets that are made for each slice, by name. */
  readonly secrets: Readonly<Record<string, SecretSettings>>;
  readonly steering: SteeringSettings;
  /** What `virtbs ci` watches and runs. */
  readonly ci: CiSettings;
  /** What `virtbs runner` makes. */
  readonly runner: RunnerSettings;

  /**
   * Returns where a value was written: `slices/roles.yaml:10:5`, or `-e network_flags.data.mtu=9000 (override 1)`. For a path
   * that no file has, the place of the last part of it that exists.
   *
   * @param path keys as the files have them: `['machine_matrix', 'roles', 'worker', 'memory']`
   */
  place(path: readonly (string | number)[]): string;

  /** Every single value, list and empty map, as written, in the order of the merged files. */
  entries(): readonly ConfigurationEntry[];
}

/** What a payload says of itself, as far as it does. */
export interface AboutSettings {
  /** What it is, in a line. */
  readonly title?: string | undefined;
  /** Bytes of this machine's disk that it needs, images included. */
  readonly disk?: number | undefined;
  /** How long it takes from nothing, on a machine that has to emulate VMs. */
  readonly minutes?: number | undefined;
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

/** Maps names of osweint's steering files to ours. A name that is missing here stays as it is. */
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
  /** The place that `place` returns. */
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

/** What a VM is given at its first boot, beside what every VM of a slice gets: its name, its addresses, the slice's key. */
export interface FirstBootSettings extends Provision {
  /** The user that one logs in as; `stack` where not given. */
  readonly user?: string | undefined;
  /** Public keys that may log in beside the slice's: paths of files with one key a line, or the keys themselves. */
  readonly sshKeys?: readonly string[] | undefined;
  /** User data of cloud-init in any of its formats: the path of a file, or a text of more than one line. */
  readonly userData?: string | undefined;
}

/** A folder of this machine that a VM sees. */
export interface ShareSettings {
  /** Absolute. */
  readonly source: string;
  readonly readOnly: boolean;
}

export interface RoleSettings extends FirstBootSettings {
  /** By the folder of the guest at which they are seen; none where not given. */
  readonly share?: Readonly<Record<string, ShareSettings>> | undefined;
  readonly memoryMiB: number;
  readonly vcpu: number;
  readonly nets: readonly string[];
  /** Keyed by name, in the order of the guest's drives. Every disk has a size or a slot. */
  readonly disks: Readonly<Record<string, DiskSettings>>;
  readonly firstOffset?: number | undefined;
  /** The most VMs of this role that a slice can have; no limit where not given. */
  readonly maxCount?: number | undefined;
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

export type DiskCache = 'unsafe' | 'writeback' | 'none' | 'writethrough' | 'directsync';
