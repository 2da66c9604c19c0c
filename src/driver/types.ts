import type { Clock } from '../clock.js';
import type { VirtbsEvent } from '../events.js';
import type { CustomizeDisk } from '../image/customize-disk.js';
import type { ImageBuild } from '../image/types.js';
import type { Seed } from '../seed/seed.js';
import type { MemoryMode } from '../config/checkpoint-settings.js';
import type { CapacitySettings } from '../config/capacity.js';
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
  /** The plan that it was made from; null where it was not recorded. */
  readonly plan: VmPlan | null;
  /** The plans of its networks that are not the slice's own. */
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

/** The state of a slice: all that exists of it. */
export interface SliceState {
  readonly slice: number;
  /** The root that the slice was made with; its files are there. */
  readonly root: string;
  /** The session that made it, as its newest VM says, or its newest network where it has no VMs. */
  readonly session: string;
  /** When that was: ISO 8601, UTC. */
  readonly created: string;
  /** When `reap` may destroy it, ISO 8601, UTC; null where one of its VMs is to stay. */
  readonly expires: string | null;
  readonly vms: readonly VmState[];
  readonly networks: readonly NetworkState[];
}

/** A thing of a slice that is neither a VM nor a network nor a file, such as a volume. */
export interface OtherItem {
  /** A noun for people: `volume`, `floating IP`. */
  readonly kind: string;
  readonly name: string;
}

export interface CreateRequest {
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
  /** When `reap` may destroy what is made, ISO 8601, UTC; without it never. */
  readonly expires?: string | null;
  /** The kept VMs to go on from, instead of booting. */
  readonly kept?: KeptVms;
  /**
   * How the memory of the VMs is to be kept once they are ready. A driver may then give them memory that is kept sooner. Missing
   * where they are not to be kept.
   */
  readonly memory?: MemoryMode;
}

/** All VMs of a plan as they were kept; what they had written to their consoles is in the slice's folder already. */
export interface KeptVms extends Pick<KeepRequest, 'directory' | 'layers' | 'again'> {
  readonly kept: readonly KeptVm[];
}

/** The outcome for one VM. */
export interface VmOutcome {
  readonly vm: VmPlan;
  /** The reason why the VM does not exist; null where it was started. */
  readonly error: Error | null;
  /** The last lines of its console, where it got so far. */
  readonly console?: readonly string[];
}

/** The names by which a driver knows a VM. */
export type VmHandle = Pick<VmPlan, 'domain' | 'uuid' | 'hostname'>;

/**
 * Actions on a VM's power:
 *
 * - `start`: it runs when the call ends; one that is paused goes on, one that runs is left alone
 * - `shutdown`, `reboot`: the guest is asked to, and may take its time or not listen; a VM that is off stays off
 * - `off`: it is off when the call ends, whatever its guest was doing; one that is off is left alone
 * - `reset`: it starts anew, whatever its guest was doing
 */
export type PowerAction = 'start' | 'shutdown' | 'off' | 'reboot' | 'reset';

/** The resources of the host that a VM uses. Sums count since its start; all is 0 while it is off. */
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
  /** Bytes that its own disks take on the host, without the image below them. */
  readonly diskBytes: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  readonly readBytes: number;
  readonly writtenBytes: number;
}

/** The resources of the host of the VMs. */
export interface HostUsage {
  readonly cpus: number;
  readonly memoryBytes: number;
  /** Bytes that new programs could have, with caches that give way. */
  readonly availableMemoryBytes: number;
  /** Bytes of the file system that the root is on. */
  readonly diskBytes: number;
  readonly availableDiskBytes: number;
}

export interface Usage {
  /** Null where what VMs use, and of what, cannot be told: sums are 0 then. */
  readonly host: HostUsage | null;
  readonly vms: readonly VmUsage[];
}

/** The parts of a slice that are to be removed. */
export interface Removal {
  readonly vms: readonly VmState[];
  /** No VM that stays is on them. */
  readonly networks: readonly NetworkState[];
}

/** A VM as it was kept: files in the folders of a `KeepRequest`. */
export interface KeptVm {
  readonly hostname: string;
  /** The power when it was kept. The memory of a VM that was not off is kept, too. */
  readonly power: 'running' | 'paused' | 'off';
  readonly disks: readonly KeptDisk[];
  /** The files of memory that is mapped. Missing where memory and devices are one stream. */
  readonly mapped?: MappedFiles;
  /** The generation id that the guest had. Missing where the hypervisor gives it none. */
  readonly generation?: string;
  /** True if its machine is one whose memory can be mapped: also what of it is one stream goes on only in such a machine. */
  readonly mappedMachine?: boolean;
}

/** The sizes of the files that a VM's memory is mapped from, so that a file that was cut is noticed; bytes. */
export interface MappedFiles {
  readonly memoryBytes: number;
  /** Devices, and memory that belongs to them. */
  readonly stateBytes: number;
}

export interface KeptDisk {
  readonly name: string;
  /** The file in the folder of layers, or what the driver knows it by elsewhere. */
  readonly layer: string;
  readonly sizeBytes: number;
  /** Bytes that it takes outside this machine. Missing where it is a file. */
  readonly keptBytes?: number;
}

/** VMs of one slice, and where their state is kept. */
export interface KeepRequest {
  readonly slice: number;
  readonly vms: readonly VmPlan[];
  /** The folder for memory. */
  readonly directory: string;
  /** The folder for disks, on the file system of the VMs' disks. */
  readonly layers: string;
  /** True if the VMs go on only to be kept once more: a driver can then make the next time cheaper. */
  readonly again?: boolean;
}

/** The VMs that were kept, and those that could not go on afterwards. */
export interface KeepOutcome {
  readonly vms: readonly KeptVm[];
  readonly failures: readonly VmOutcome[];
}

/** The progress of a VM, as seen from outside the guest. */
export interface VmObservation {
  readonly power: VmState['power'];
  /** Grows as long as the guest writes to its serial console; bytes. */
  readonly consoleBytes: number;
}

export interface DriverContext {
  readonly emit: (event: VirtbsEvent) => void;
  readonly signal: AbortSignal;
}

/** The differences between drivers, as data: no code outside a driver asks for its name. */
export interface DriverFeatures {
  /** VMs boot and can be logged in to; false for doubles. */
  readonly guests: boolean;
  /**
   * The program with its arguments that is a VM's serial console on a terminal, to read and to type; `force` takes it from whoever
   * has it. Missing where consoles can be read only.
   */
  readonly terminal?: (domain: string, options: { readonly force: boolean }) => readonly string[];
  /**
   * The parts of VMs that can be kept and brought back (`keep`, `restore`): all, memory included; disks, to boot from;
   * nothing.
   */
  readonly snapshots: 'memory' | 'disks' | 'none';
  /**
   * Abilities that it lacks, each with the reason, which is part of an error message: `its VMs are in a cloud`. Verbs that
   * need it refuse before they do anything, so the methods for it are never called.
   */
  readonly unable: Readonly<Partial<Record<Ability, string>>>;
  /** The most bytes that a VM can have of something; missing where there is no limit. */
  readonly limits?: DriverLimits;
  /**
   * Given where slices stand without being made: the configuration names their machines. Whoever looks at such a slice writes
   * its files, and `plan` shows it.
   */
  readonly standing?: {
    /** Says how a slice gets machines, for one that has none. */
    readonly hint: string;
  };
}

/** Limits in bytes. */
export interface DriverLimits {
  /** Of the user data in its seed. */
  readonly userData: number;
  /** Of its plan as JSON. */
  readonly plan: number;
}

/**
 * Abilities that a driver may lack:
 *
 * - `create`: make VMs, beside others or in the place of a slice (`create`)
 * - `destroy`: take VMs and networks away (`destroy`, `remove`)
 * - `power`: turn VMs on and off (`power`)
 * - `snapshot`: keep the state of VMs under a name; where it is not said, `snapshots` tells
 * - `build-vm`: boot a VM of this machine to customize an image (`runBuildVm`)
 * - `usage`: tell what VMs use (`usage` of a driver without it has no VMs)
 * - `share`: let VMs see folders of this machine
 * - `commit`: have the disks of VMs in the slice's folder, to make images of them
 */
export type Ability = 'create' | 'destroy' | 'power' | 'snapshot' | 'usage' | 'build-vm' | 'commit' | 'share';

/**
 * A driver turns a plan into VMs. The order of calls: `inspect`, `check`, `destroy` or `remove`, `create`, then `observe`,
 * `consoleTail` and `power` as often as wanted. The caller holds the slice's lock from before `check` until after `create`,
 * and for `power`, `keep` and `restore`. Every method ends early with the `cancelled` error once the signal is raised, as
 * soon as what it is doing can be stopped.
 */
export interface Driver extends AsyncDisposable {
  readonly features: DriverFeatures;
  /** The place of its VMs, for people: the name of a cloud or of a machine. */
  readonly site: string;

  /** Everything that carries our metadata, of one slice or of all; changes nothing. Slices in the order of their numbers. */
  inspect(filter: { readonly slice?: number }, context: DriverContext): Promise<readonly SliceState[]>;

  /**
   * Throws where the plan cannot be made for a reason that is known beforehand (names, bridges or address ranges that are
   * taken by others, too little memory, disk space or processors); `old` is what will be destroyed first, so it is in nobody's way. Changes nothing.
   */
  check(plan: SlicePlan, old: SliceState | undefined, context: DriverContext): Promise<void>;

  /**
   * Destroys what carries the slice's metadata, all at once, trying everything before it fails. What is already gone is done.
   * Networks that work and are exactly what `next` wants may stay for the `create` that follows. Idempotent.
   */
  destroy(slice: number, context: DriverContext, next?: SlicePlan): Promise<void>;

  /**
   * Lists what `destroy` takes away beside VMs and networks, and people know by a name. Missing where there is no more.
   * Changes nothing.
   */
  listOthers?(slice: number, context: DriverContext): Promise<readonly OtherItem[]>;

  /**
   * Makes the networks that are missing, then all VMs at once, and starts them. A network that fails fails the call; a VM that fails is an
   * outcome, after all others were tried, and leaves nothing of itself. VMs that were kept go on when all are there; where
   * one is not, the others stay paused.
   */
  create(request: CreateRequest, context: DriverContext): Promise<readonly VmOutcome[]>;

  /**
   * Boots a disk once, on its own, for the guest to customize it, and takes away everything but the disk. Any number at once,
   * without any lock. Missing where it is unable to.
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

  /** The state of one VM that was created. */
  observe(vm: VmHandle, slice: number, context: DriverContext): Promise<VmObservation>;

  /**
   * All that the guest wrote to its serial console, as far as it is kept; missing where consoles are not with the driver.
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
  keep(request: KeepRequest, context: DriverContext): Promise<KeepOutcome>;

  /**
   * Makes VMs what they were when they were kept, all at once, whatever they do now: those that ran go on when all are there.
   * They exist, with the plan they were kept with. What was kept stays, for the next time. A VM that fails is an outcome,
   * after all others were tried.
   */
  restore(
    request: KeepRequest & { readonly kept: readonly KeptVm[] },
    context: DriverContext,
  ): Promise<readonly VmOutcome[]>;

  /**
   * Removes what is kept of a slice elsewhere than in files, but for that of `kept`: what was given up, or is not wanted any
   * more. Missing where all is in files.
   */
  forgetKept?(slice: number, kept: readonly KeptVm[], context: DriverContext): Promise<void>;

  /**
   * Returns a text that is different for another emulator, hypervisor or processor. What was kept fits only where both the
   * plan and this text are the same. Changes nothing.
   */
  fingerprint(context: DriverContext): Promise<string>;

  /** Reads what the VMs of one slice or of all use, in the order of `inspect`, and what the host has. Changes nothing. */
  usage(filter: { readonly slice?: number }, context: DriverContext): Promise<Usage>;
}

/** A driver, before it is opened. It loads quickly: `open` imports what is needed for the work. */
export interface DriverDefinition<Settings = unknown> {
  /** Returns what it can do with these options. Opens nothing. */
  features(options: Pick<DriverOptions<Settings>, 'connect' | 'settings'>): DriverFeatures;

  /** Opens it. @throws VirtbsError where the hypervisor cannot be reached */
  open(options: DriverOptions<Settings>): Promise<Driver>;
}

export interface DriverOptions<Settings = unknown> {
  /** The address of the hypervisor, as `--connect` has it. Drivers that know no such address ignore it. */
  readonly connect: string;
  readonly root: string;
  /** The environment, which may tell of a cloud; empty where not given. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** The driver's section of the configuration; the defaults where not given. */
  readonly settings?: Settings | undefined;
  /** Called with each event while the driver is opened. */
  readonly emit?: (event: VirtbsEvent) => void;
  /** Ends the opening. */
  readonly signal?: AbortSignal;
  /** The clock for the pauses between two looks; that of the machine where not given. */
  readonly clock?: Clock;
  /** Limits for plans in `check`; the shipped settings where not given. */
  readonly capacity?: CapacitySettings;
}
