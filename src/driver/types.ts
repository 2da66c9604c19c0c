import type { VirtbsEvent } from '../events.js';
import type { CustomizeDisk } from '../image/customize-disk.js';
import type { ImageBuild } from '../image/types.js';
import type { Seed } from '../seed/seed.js';
import type { OpenStackSettings } from '../openstack/openstack-settings.js';
import type { CapacitySettings } from '../plan/capacity.js';
import type { NetworkPlan, SlicePlan, VmPlan } from '../plan/plan.js';

/** A VM that carries our metadata. */
export interface VmState {
  readonly domain: string;
  readonly uuid: string;
  readonly hostname: string;
  readonly role: string;
  readonly offset: number;
  readonly power: 'running' | 'paused' | 'off' | 'crashed' | 'unknown';
  readonly accessAddress: string | null;
  /** `SLOT/BUILD` of the first disk that is cloned from an image. */
  readonly image: string | null;
  readonly memoryMiB: number;
  readonly vcpu: number;
  /** ISO 8601, UTC. */
  readonly created: string;
  readonly session: string;
  /** What it was built from; null where that was not kept. */
  readonly plan: VmPlan | null;
  /** What was planned of the networks it is on that are not the slice's own. */
  readonly networks?: readonly NetworkPlan[];
}

/** A network that carries our metadata. */
export interface NetworkState {
  readonly name: string;
  readonly uuid: string;
  readonly active: boolean;
  /** The networks of the plan that share its bridge; none where they were not kept. */
  readonly plans: readonly NetworkPlan[];
}

/** What exists of a slice. */
export interface SliceState {
  readonly slice: number;
  /** The root that the slice was built with; its files are there. */
  readonly root: string;
  /** Who built it, as the newest of its VMs says; without VMs, its newest network. */
  readonly session: string;
  /** When that was: ISO 8601, UTC. */
  readonly created: string;
  /** When `reap` may destroy it, ISO 8601, UTC; null where one of its VMs is to stay. */
  readonly expires: string | null;
  readonly vms: readonly VmState[];
  readonly networks: readonly NetworkState[];
}

export interface BuildRequest {
  readonly plan: SlicePlan;
  /**
   * The host names of the VMs to make: the others of the plan exist and run. Networks that are up are then given what the
   * plan says of new VMs, and are otherwise left alone. Without it all VMs are made.
   */
  readonly only?: ReadonlySet<string>;
  /**
   * The builds that disks are cloned from, by `SLOT:TAG`. Some may still be in the making: a VM waits for its own ones alone,
   * and one that fails fails the VMs that need it.
   */
  readonly images: ReadonlyMap<string, Promise<ImageBuild>>;
  /** Seeds by host name. */
  readonly seeds: ReadonlyMap<string, Seed>;
  /** ISO 8601, UTC. */
  readonly created: string;
  readonly session: string;
  /** When `reap` may destroy what is built, ISO 8601, UTC; without it never. */
  readonly expires?: string | null;
  /** What the VMs go on from instead of booting. */
  readonly kept?: KeptVms;
}

/** All VMs of a plan as they were kept; what they had written to their consoles is in the slice's folder already. */
export interface KeptVms extends Pick<StateRequest, 'directory' | 'layers'> {
  readonly saved: readonly SavedVm[];
}

/** How it went with one VM. */
export interface VmOutcome {
  readonly vm: VmPlan;
  /** Why the VM does not exist; null where it was started. */
  readonly error: Error | null;
  /** The last lines of its console, where it got so far. */
  readonly console?: readonly string[];
}

/** By what a driver knows a VM. */
export type VmHandle = Pick<VmPlan, 'domain' | 'uuid' | 'hostname'>;

/**
 * What can be done to a VM's power:
 *
 * - `start`: it runs when the call ends; one that is paused goes on, one that runs is left alone
 * - `shutdown`, `reboot`: the guest is asked to, and may take its time or not listen; a VM that is off stays off
 * - `off`: it is off when the call ends, whatever its guest was doing; one that is off is left alone
 * - `reset`: it starts anew, whatever its guest was doing
 */
export type PowerAction = 'start' | 'shutdown' | 'off' | 'reboot' | 'reset';

/** What a VM uses of the host; sums since its start, 0 while it is off. */
export interface VmUsage {
  readonly domain: string;
  readonly uuid: string;
  readonly hostname: string;
  readonly role: string;
  readonly slice: number;
  readonly power: VmState['power'];
  readonly vcpu: number;
  readonly memoryMiB: number;
  readonly cpuTimeNanoseconds: number;
  /** Memory of the host that it holds; bytes. */
  readonly residentBytes: number;
  /** What its own disks take on the host, without the image below them; bytes. */
  readonly diskBytes: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  readonly readBytes: number;
  readonly writtenBytes: number;
}

/** What the host of the VMs has. */
export interface HostUsage {
  readonly cpus: number;
  readonly memoryBytes: number;
  /** What new programs could have, caches that give way included. */
  readonly availableMemoryBytes: number;
  /** Of the file system that the root is on. */
  readonly diskBytes: number;
  readonly availableDiskBytes: number;
}

export interface Usage {
  /** Null where what VMs use, and of what, cannot be told: sums are 0 then. */
  readonly host: HostUsage | null;
  readonly vms: readonly VmUsage[];
}

/** What of a slice is to go. */
export interface Removal {
  readonly vms: readonly VmState[];
  /** No VM that stays is on them. */
  readonly networks: readonly NetworkState[];
}

/** A VM as it was kept: files in the folders of a `StateRequest`. */
export interface SavedVm {
  readonly hostname: string;
  /** What it was doing; one that is not off has its memory kept. */
  readonly power: 'running' | 'paused' | 'off';
  readonly disks: readonly SavedDisk[];
}

export interface SavedDisk {
  readonly name: string;
  /** The file in the folder of layers, or what the driver knows it by elsewhere. */
  readonly layer: string;
  readonly sizeBytes: number;
  /** What it takes elsewhere; bytes. Missing where it is a file. */
  readonly keptBytes?: number;
}

/** VMs of one slice, and where their state is kept. */
export interface StateRequest {
  readonly slice: number;
  readonly vms: readonly VmPlan[];
  /** The folder for memory. */
  readonly directory: string;
  /** The folder for disks, on the file system of the VMs' disks. */
  readonly layers: string;
}

/** What was kept, and which VMs could not go on afterwards. */
export interface SavedState {
  readonly vms: readonly SavedVm[];
  readonly failures: readonly VmOutcome[];
}

/** How far a VM has come, as seen from outside the guest. */
export interface VmObservation {
  readonly power: VmState['power'];
  /** Grows as long as the guest writes to its serial console; bytes. */
  readonly consoleBytes: number;
}

export interface DriverContext {
  readonly emit: (event: VirtbsEvent) => void;
  readonly signal: AbortSignal;
}

/** What drivers differ in, as data: nothing outside a driver asks for its name. */
export interface DriverFeatures {
  /** The guest's serial console can be read. */
  readonly console: boolean;
  /** VMs boot and can be logged in to; false for doubles. */
  readonly guests: boolean;
  /** What of VMs can be kept and brought back (`saveState`, `restoreState`): all, memory included; disks, to boot from; nothing. */
  readonly snapshots: 'memory' | 'disks' | 'none';
}

/**
 * What turns a plan into VMs. The order of calls: `inspect`, `check`, `destroy` or `remove`, `build`, then `observe`,
 * `consoleTail` and `power` as often as wanted. The caller holds the slice's lock from before `check` until after `build`, and
 * for `power`, `saveState` and `restoreState`. Every method ends early with
 * the `cancelled` error once the signal is raised, as soon as what it is doing can be stopped.
 */
export interface Driver extends AsyncDisposable {
  readonly features: DriverFeatures;

  /** Everything that carries our metadata, of one slice or of all; changes nothing. Slices in the order of their numbers. */
  inspect(filter: { readonly slice?: number }, context: DriverContext): Promise<readonly SliceState[]>;

  /**
   * Throws where the plan cannot be built for a reason that is known beforehand (names, bridges or address ranges that are
   * taken by others, too little memory, disk space or processors); `old` is what will be destroyed first, so it is in nobody's way. Changes nothing.
   */
  check(plan: SlicePlan, old: SliceState | undefined, context: DriverContext): Promise<void>;

  /**
   * Destroys what carries the slice's metadata, all at once, trying everything before it fails. What is already gone is done.
   * Networks that work and are exactly what `next` wants may stay for the `build` that follows. Idempotent.
   */
  destroy(slice: number, context: DriverContext, next?: SlicePlan): Promise<void>;

  /**
   * Makes the networks that are missing, then all VMs at once, and starts them. A network that fails fails the call; a VM that fails is an
   * outcome, after all others were tried, and leaves nothing of itself. VMs that were kept go on when all are there; where
   * one is not, the others stay paused.
   */
  build(request: BuildRequest, context: DriverContext): Promise<readonly VmOutcome[]>;

  /**
   * Boots a disk once, on its own, for the guest to customize it, and takes away everything but the disk. Any number at once,
   * without any lock. Missing where VMs do not run on this machine.
   */
  readonly runBuildVm?: CustomizeDisk;

  /**
   * The images that the hypervisor has for disks of the plan by itself, by `SLOT:TAG`; all others come from the library. Missing where
   * there can be none. Changes nothing.
   */
  findImages?(plan: SlicePlan, context: DriverContext): Promise<ReadonlyMap<string, ImageBuild>>;

  /**
   * Throws where VMs cannot be made of a build of the library, known before anything is destroyed. Missing where they always can.
   * Changes nothing.
   */
  checkImage?(build: ImageBuild, context: DriverContext): Promise<void>;

  /**
   * The plan of VMs that exist, with how ssh reaches them now: their addresses, as whom and through whom. Missing where all
   * are reached as planned.
   */
  reach?(plan: SlicePlan, context: DriverContext): Promise<SlicePlan>;

  /**
   * Tells whoever is to know of VMs that could not be made, or do not answer. Missing where nobody is. That it does not work is a
   * warning.
   */
  notify?(report: string, context: DriverContext): Promise<void>;

  /** The state of one VM that was built. */
  observe(vm: VmHandle, slice: number, context: DriverContext): Promise<VmObservation>;

  /**
   * All that the guest wrote to its serial console, as far as it is kept elsewhere; missing where it is in the slice's log
   * files.
   */
  readConsole?(vm: VmHandle, context: DriverContext): Promise<string>;

  /** The last lines that the guest wrote to its serial console; none where there is no console. */
  consoleTail(vm: VmHandle, slice: number, lines: number): Promise<readonly string[]>;

  /** Changes the power of one VM; see the action. */
  power(vm: VmHandle, action: PowerAction, context: DriverContext): Promise<void>;

  /**
   * Destroys some VMs of a slice with their files, all at once, and then some of its networks, trying everything before it
   * fails. Idempotent.
   */
  remove(what: Removal, slice: number, context: DriverContext): Promise<void>;

  /**
   * Keeps memory, devices and disks of all VMs at one instant, or their disks alone, and lets them go on: none runs while any is being kept. Where
   * it fails nothing is kept and all go on as they were; a VM that is kept and cannot go on is a failure in the result.
   */
  saveState(request: StateRequest, context: DriverContext): Promise<SavedState>;

  /**
   * Makes VMs what they were when they were kept, all at once, whatever they do now: those that ran go on when all are there.
   * They exist, with the plan they were kept with. What was kept stays, for the next time. A VM that fails is an outcome,
   * after all others were tried.
   */
  restoreState(
    request: StateRequest & { readonly saved: readonly SavedVm[] },
    context: DriverContext,
  ): Promise<readonly VmOutcome[]>;

  /**
   * Removes what is kept of a slice elsewhere than in files, but for that of `kept`: what was given up, or is not wanted any
   * more. Missing where all is in files.
   */
  forgetStates?(slice: number, kept: readonly SavedVm[], context: DriverContext): Promise<void>;

  /**
   * What a state that is kept fits, beside the plan: another emulator, hypervisor or processor has another text. Changes
   * nothing.
   */
  fingerprint(context: DriverContext): Promise<string>;

  /** What the VMs of one slice or of all use, in the order of `inspect`, and what the host has; changes nothing. */
  usage(filter: { readonly slice?: number }, context: DriverContext): Promise<Usage>;
}

export interface DriverOptions {
  /** Where a hypervisor of this machine is reached: `qemu:///system`. */
  readonly connect: string;
  readonly root: string;
  /** Where a cloud is told of; empty where not given. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** The defaults where not given. */
  readonly openstack?: OpenStackSettings;
  /** Told what is said while the driver is opened. */
  readonly emit?: (event: VirtbsEvent) => void;
  /** Ends the opening. */
  readonly signal?: AbortSignal;
  /** How far `check` lets a plan go; the shipped settings where not given. */
  readonly capacity?: CapacitySettings;
}
