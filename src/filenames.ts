import { basename, dirname, join, resolve } from 'node:path';

/** The default root: all files live there unless `--root` or `paths.virtbs_root` says otherwise. */
export const DEFAULT_ROOT = '/srv/virtbs';

/** The name of the file in which a project says what it wants. */
export const PROJECT_FILE = 'virtbs.yaml';

/** The prefix of every name that belongs to a slice: `bs1-`. The number is always decimal. */
export function slicePrefix(slice: number): string {
  return `bs${slice}-`;
}

/** The libvirt network and the bridge of a slice network: `bs1-NAME`. */
export function bridgeName(slice: number, network: string): string {
  return `${slicePrefix(slice)}${network}`;
}

/** Returns the last part of the names that VMs have in no other slice: `controller-02.bs1`. */
export function sliceZone(slice: number): string {
  return `bs${slice}`;
}

/** The libvirt domain of a VM: `bs1-controller-02`. */
export function domainName(slice: number, hostname: string): string {
  return `${slicePrefix(slice)}${hostname}`;
}

/** Returns the name of a file until it is whole: `.state-bs1.json.virtbs-new`. */
export function temporaryPath(path: string): string {
  return join(dirname(path), `.${basename(path)}.virtbs-new`);
}

/**
 * Every path under the root.
 *
 *     ROOT/images/SLOT/BUILD/     one immutable build: disk image, kernel and initrd where it has them, build.json
 *     ROOT/images/SLOT/tags/TAG   symbolic link to a build: `../BUILD`
 *     ROOT/downloads/SLOT-KEY.*   a transfer that broke off: what has come (.part) and of what (.json); the slot's lock guards it
 *     ROOT/logs/                  logs of image builds that failed
 *     ROOT/keys/bsN/              the slice's key, its VMs' host keys (kept by wipe: they are the slice's identity)
 *     ROOT/slices/N/              what lives as long as the slice: disks/, seeds/, logs/, mux/, slice.json
 *     ROOT/leases/N.json          who was given slice N by `--slice auto`; gone with the slice
 *     ROOT/slices/N/snapshots/    one folder for each snapshot: memory, and snapshot.json; one with a dot before is half made
 *                                 or half removed
 *     ROOT/slices/N/tasks/        logs and history of tasks, and records of those that run on this machine
 *     ROOT/slices/N/layers/       what disks were when they were kept: read-only, below other disks
 *     ROOT/slices/N/memory/       files that are the memory of VMs which were not kept yet
 *     ROOT/checkpoints/KEY/       a slice as it was when all its VMs were ready: memory, consoles, disks that have another
 *                                 name in layers/ of the slice, and checkpoint.json; one with a dot before is half made or
 *                                 half removed
 *     ROOT/payloads/KEY/          a payload from elsewhere: KEY is its commit, or the digest of its archive; one with a dot before is
 *                                 half made
 *     ROOT/ci/                    the CI's database, logs/ of its runs, repositories/ that it fetches into, and work/N/ as long as
 *                                 a run lasts, or its slice is kept
 *     ROOT/runners/NAME/          files for ssh of the slice of a runner; gone with it
 *     ROOT/locks/                 lock files, images.lock for the library as a whole; a lock is held by a process and dies
 *                                 with it
 */
export interface RootPaths {
  readonly root: string;
  readonly images: string;
  readonly downloads: string;
  readonly logs: string;
  readonly leases: string;
  readonly checkpoints: string;
  /** Shared by who brings a checkpoint back, exclusive for who removes one. */
  readonly checkpointsLock: string;
  /** Held while a slice is chosen. */
  readonly leasesLock: string;
  readonly locks: string;
  readonly slices: string;
  readonly imagesLock: string;
}

export function rootPaths(root: string): RootPaths {
  const absolute = resolve(root);
  return {
    root: absolute,
    images: join(absolute, 'images'),
    downloads: join(absolute, 'downloads'),
    logs: join(absolute, 'logs'),
    leases: join(absolute, 'leases'),
    checkpoints: join(absolute, 'checkpoints'),
    checkpointsLock: join(absolute, 'locks', 'checkpoints.lock'),
    leasesLock: join(absolute, 'locks', 'leases.lock'),
    locks: join(absolute, 'locks'),
    slices: join(absolute, 'slices'),
    imagesLock: join(absolute, 'locks', 'images.lock'),
  };
}

/** The folders of a root, the root itself first. */
export function rootDirectories(root: string): readonly string[] {
  const { root: top, images, downloads, logs, leases, locks, slices } = rootPaths(root);
  return [top, images, downloads, logs, leases, locks, slices];
}

/**
 * Returns the path of the file that says at which boot of the host the warning of that name was last given:
 * `locks/told-no-kvm`.
 */
export function toldPath(root: string, warning: string): string {
  return join(rootPaths(root).locks, `told-${warning}`);
}

export interface PayloadPaths {
  readonly payloads: string;
  /** The folder of the payload that was fetched. */
  readonly directory: string;
  /** Held while a payload is fetched. */
  readonly lock: string;
}

/** @param key what stands for its content: a commit, or the digest of an archive */
export function payloadPaths(root: string, key: string): PayloadPaths {
  const { root: absolute, locks } = rootPaths(root);
  const payloads = join(absolute, 'payloads');
  return { payloads, directory: join(payloads, key), lock: join(locks, 'payloads.lock') };
}

export interface CiPaths {
  readonly directory: string;
  readonly database: string;
  readonly logs: string;
  /** Bare repositories of git, one for each URL. */
  readonly repositories: string;
  readonly work: string;
}

export function ciPaths(root: string): CiPaths {
  const directory = join(rootPaths(root).root, 'ci');
  return {
    directory,
    database: join(directory, 'ci.db'),
    logs: join(directory, 'logs'),
    repositories: join(directory, 'repositories'),
    work: join(directory, 'work'),
  };
}

export interface RunnerPaths {
  /** The folder that has one for each runner. */
  readonly runners: string;
  readonly directory: string;
}

/** @param name the runner's, as the forge knows it */
export function runnerPaths(root: string, name: string): RunnerPaths {
  const runners = join(rootPaths(root).root, 'runners');
  return { runners, directory: join(runners, name) };
}

/** Returns the lock of the process that makes runners whose names begin with a prefix. */
export function runnersLock(root: string, prefix: string): string {
  return join(rootPaths(root).locks, `${prefix}runners.lock`);
}

/** Returns the path of the record that says whether memory can be mapped on this host: `locks/mapped-memory.json`. */
export function mappedRecordPath(root: string): string {
  return join(rootPaths(root).locks, 'mapped-memory.json');
}

export interface SlicePaths {
  readonly directory: string;
  readonly disks: string;
  readonly seeds: string;
  readonly logs: string;
  readonly mux: string;
  readonly snapshots: string;
  readonly layers: string;
  /** Memory of VMs that run on a file. */
  readonly memory: string;
  readonly record: string;
  readonly keys: string;
  readonly privateKey: string;
  readonly publicKey: string;
  readonly lock: string;
}

export function slicePaths(root: string, slice: number): SlicePaths {
  const { root: absolute, slices, locks } = rootPaths(root);
  const directory = join(slices, String(slice));
  const keys = join(absolute, 'keys', `bs${slice}`);
  return {
    directory,
    disks: join(directory, 'disks'),
    seeds: join(directory, 'seeds'),
    logs: join(directory, 'logs'),
    mux: join(directory, 'mux'),
    snapshots: join(directory, 'snapshots'),
    layers: join(directory, 'layers'),
    memory: join(directory, 'memory'),
    record: join(directory, 'slice.json'),
    keys,
    privateKey: join(keys, 'id_ed25519'),
    publicKey: join(keys, 'id_ed25519.pub'),
    lock: join(locks, `bs${slice}.lock`),
  };
}

export interface TaskPaths {
  /** Records of the tasks that run on this machine. */
  readonly here: string;
  /** The history of tasks: a line of JSON for each task and VM. */
  readonly history: string;
  /** The output of a task on a VM, or `here`. */
  readonly log: (task: string, node: string) => string;
}

/** Returns the paths of what a slice keeps of its tasks on this machine: `slices/N/tasks/`. They go with the slice. */
export function taskPaths({ directory }: Pick<SlicePaths, 'directory'>): TaskPaths {
  const folder = join(directory, 'tasks');
  return {
    here: join(folder, 'here'),
    history: join(folder, 'history.jsonl'),
    log: (task, node) => join(folder, 'logs', task, `${node}.log`),
  };
}

export interface LeasePaths {
  readonly record: string;
  /** Held by the process that works with the leased slice, as long as it does. */
  readonly lock: string;
}

export function leasePaths(root: string, slice: number): LeasePaths {
  const { leases, locks } = rootPaths(root);
  return { record: join(leases, `${slice}.json`), lock: join(locks, `lease-${slice}.lock`) };
}

/** A disk of a VM: `disks/controller-02-root.qcow2`. */
export function diskPath(paths: SlicePaths, hostname: string, disk: string): string {
  return join(paths.disks, `${hostname}-${disk}.qcow2`);
}

/** A disk that is only ever copied: `disks/.pristine-0.qcow2`. */
export function pristineDiskPath(paths: SlicePaths, index: number): string {
  return join(paths.disks, `.pristine-${index}.qcow2`);
}

/** A disk that will take a VM's disk's place: `disks/.next-controller-02-root.qcow2`. */
export function nextDiskPath(paths: SlicePaths, hostname: string, disk: string): string {
  return join(paths.disks, `.next-${hostname}-${disk}.qcow2`);
}

/** The disk whose place the file `name` in the folder of disks will take; nothing where it is no such file. */
export function nextDiskTarget(paths: SlicePaths, name: string): string | undefined {
  const disk = /^\.next-(.+)$/.exec(name)?.[1];
  return disk === undefined ? undefined : join(paths.disks, disk);
}

/** The memory and devices of a VM, saved; they hold whatever secrets the guest has. */
export function memoryPath(directory: string, hostname: string): string {
  return join(directory, `${hostname}.memory`);
}

/** The memory of a VM as a file to be mapped. Devices are then in the file of `memoryPath`. */
export function keptMemoryPath(directory: string, hostname: string): string {
  return join(directory, `${hostname}.ram`);
}

/**
 * The file that is the memory of a VM that runs, while it has a name: `memory/libvirt-UUID.ram`. The name is that of the emulator's
 * profile in AppArmor, so that one rule (`memoryRule`) opens to each emulator what is its own.
 */
export function runningMemoryPath(paths: Pick<SlicePaths, 'memory'>, uuid: string): string {
  return join(paths.memory, `libvirt-${uuid}.ram`);
}

/** The devices of a VM while its emulator writes or reads them: `memory/libvirt-UUID.state`. */
export function runningStatePath(paths: Pick<SlicePaths, 'memory'>, uuid: string): string {
  return join(paths.memory, `libvirt-${uuid}.state`);
}

/** Returns the file name of a disk that was kept. @param id new for each time */
export function layerName(hostname: string, disk: string, id: string): string {
  return `${hostname}-${disk}-${id}.qcow2`;
}

export interface SnapshotPaths {
  /** Renamed to the other when all is in it; the other is renamed to it before it is removed. */
  readonly unfinished: string;
  readonly directory: string;
}

export function snapshotPaths({ snapshots }: SlicePaths, name: string): SnapshotPaths {
  return { unfinished: join(snapshots, `.${name}`), directory: join(snapshots, name) };
}

/** Returns the path of a snapshot's record in its folder. */
export function snapshotRecordPath(directory: string): string {
  return join(directory, 'snapshot.json');
}

export interface CheckpointPaths {
  readonly directory: string;
  /** The name that the folder gets before it is removed. */
  readonly removed: string;
}

export function checkpointPaths(root: string, key: string): CheckpointPaths {
  const { checkpoints } = rootPaths(root);
  return { directory: join(checkpoints, key), removed: join(checkpoints, `.old-${key}`) };
}

/** The checkpoint that is being made of a slice, which is renamed when all is in it; whoever holds the slice's lock owns it. */
export function unfinishedCheckpoint(root: string, slice: number): string {
  return join(rootPaths(root).checkpoints, `.new-${slice}`);
}

/** Tells whether the file `name` in ROOT/checkpoints is a checkpoint that is being removed. */
export function isRemovedCheckpoint(name: string): boolean {
  return name.startsWith('.old-');
}

/** Returns the path of a checkpoint's record in its folder. The time of the file is that of the last use. */
export function checkpointRecordPath(directory: string): string {
  return join(directory, 'checkpoint.json');
}

/** Returns the path of the console's content when the VM was kept. */
export function keptConsolePath(directory: string, hostname: string): string {
  return join(directory, `${hostname}.console.log`);
}

/** The NoCloud seed of a VM; it holds private host keys. */
export function seedPath(paths: SlicePaths, hostname: string): string {
  return join(paths.seeds, `${hostname}.iso`);
}

/** The log of a VM's serial console. */
export function consolePath(paths: SlicePaths, hostname: string): string {
  return join(paths.logs, `${hostname}.console.log`);
}

/** Returns the path of all that a VM said while it was given its files, packages and scripts. */
export function firstBootLogPath(paths: SlicePaths, hostname: string): string {
  return join(paths.logs, `${hostname}.first-boot.log`);
}

/** The ed25519 host key of a VM; the public half has `.pub` behind it. */
export function hostKeyPath(paths: SlicePaths, hostname: string): string {
  return join(paths.keys, `${hostname}_host_ed25519`);
}

export interface SlotPaths {
  readonly directory: string;
  readonly tags: string;
  readonly lock: string;
}

export function slotPaths(root: string, slot: string): SlotPaths {
  const { images, locks } = rootPaths(root);
  const directory = join(images, slot);
  return { directory, tags: join(directory, 'tags'), lock: join(locks, `image-${slot}.lock`) };
}

export function buildDirectory(root: string, slot: string, build: string): string {
  return join(slotPaths(root, slot).directory, build);
}

/** The log of an image build that failed at that time: `logs/image-debian-20260131T120000123Z.log`. */
export function failedBuildLogPath(root: string, slot: string, time: Date): string {
  return join(rootPaths(root).logs, `image-${slot}-${time.toISOString().replaceAll(/[-:.]/g, '')}.log`);
}

/** The most build VMs at the same time. */
export const BUILD_NETWORKS = 16;

/** The libvirt network and the domain of a build VM: `virtbs-build0`. */
export function buildVmName(index: number): string {
  return `virtbs-build${index}`;
}

/** The bridge of a build network; the kernel takes 15 characters at most. */
export function buildBridgeName(index: number): string {
  return `vbbuild${index}`;
}

/** Returns the lock of a build network. Its holder owns the network of that number, and what an earlier holder left of it. */
export function buildNetworkLock(root: string, index: number): string {
  return join(rootPaths(root).locks, `build-network-${index}.lock`);
}

export interface DownloadPaths {
  /** The bytes that have come, as they were served. */
  readonly part: string;
  /** The record that the files belong to. */
  readonly record: string;
}

/** @param key hex digits that stand for what is transferred */
export function downloadPaths(root: string, slot: string, key: string): DownloadPaths {
  const base = join(rootPaths(root).downloads, `${slot}-${key}`);
  return { part: `${base}.part`, record: `${base}.json` };
}

/** The slot of a file in ROOT/downloads, or nothing where the name is not that of a transfer. */
export function downloadSlot(name: string): string | undefined {
  return /^(.+)-[0-9a-f]{16}\.(?:part|json)$/.exec(name)?.[1];
}

/** The files that are written for people and tools, by what they are; each has the slice's number in its name. */
export const OUTPUT_NAMES = {
  sshConfig: (slice: number) => `sshconf-bs${slice}`,
  knownHosts: (slice: number) => `known_hosts-bs${slice}`,
  ansibleIni: (slice: number) => `hosts-bs${slice}`,
  ansibleYaml: (slice: number) => `hosts-bs${slice}.yaml`,
  speedling: (slice: number) => `sl-hosts-bs${slice}`,
  remoteSshConfig: (slice: number) => `sshconf-remote-bs${slice}`,
  remoteAnsible: (slice: number) => `hosts-remote-bs${slice}`,
  instackenv: (slice: number) => `instackenv-${slice}.json`,
  etcHosts: (slice: number) => `etc-hosts-bs${slice}`,
  environment: (slice: number) => `env-bs${slice}.sh`,
  state: (slice: number) => `state-bs${slice}.json`,
  /** Not written: the name by which the files for other machines know the key. */
  remoteKey: (slice: number) => `id_ed25519-bs${slice}`,
} as const;

/** Patterns of glob(7) for the files of all slices in a folder. */
export const OUTPUT_PATTERNS = { sshConfig: 'sshconf-bs*' } as const;

export type OutputFile = Exclude<keyof typeof OUTPUT_NAMES, 'remoteKey'>;

/** Paths of the files that are written for people and tools. */
export type OutputPaths = Readonly<Record<OutputFile, string>>;

/** The files that are written for people and tools, in `--output-dir`. */
export function outputPaths(directory: string, slice: number): OutputPaths {
  const absolute = resolve(directory);
  const path = (file: OutputFile): string => join(absolute, OUTPUT_NAMES[file](slice));
  return {
    sshConfig: path('sshConfig'),
    knownHosts: path('knownHosts'),
    ansibleIni: path('ansibleIni'),
    ansibleYaml: path('ansibleYaml'),
    speedling: path('speedling'),
    remoteSshConfig: path('remoteSshConfig'),
    remoteAnsible: path('remoteAnsible'),
    instackenv: path('instackenv'),
    etcHosts: path('etcHosts'),
    environment: path('environment'),
    state: path('state'),
  };
}

/**
 * Returns the folders where files of OpenStack's tools are looked for, after the working directory.
 *
 * @see https://docs.openstack.org/openstacksdk/latest/user/config/configuration.html
 */
export function cloudsFolders(home: string, settings: string | undefined): readonly string[] {
  const own = join(home, '.config', 'openstack');
  const moved = settings === undefined || settings === '' ? own : join(settings, 'openstack');
  return [...new Set([moved, own]), '/etc/xdg/openstack', '/etc/openstack'];
}
