import { join, resolve } from 'node:path';

/** Where everything lives unless `--root` or `paths.virtbs_root` says otherwise. */
export const DEFAULT_ROOT = '/srv/virtbs';

/** The prefix of every name that belongs to a slice: `bs1-`. The number is always decimal. */
export function slicePrefix(slice: number): string {
  return `bs${slice}-`;
}

/** The libvirt network and the bridge of a slice network: `bs1-NAME`. */
export function bridgeName(slice: number, network: string): string {
  return `${slicePrefix(slice)}${network}`;
}

/** The libvirt domain of a VM: `bs1-controller-02`. */
export function domainName(slice: number, hostname: string): string {
  return `${slicePrefix(slice)}${hostname}`;
}

/**
 * Every path under the root.
 *
 *     ROOT/images/SLOT/BUILD/     one immutable build: disk image, kernel and initrd where it has them, build.json
 *     ROOT/images/SLOT/tags/TAG   symbolic link to a build: `../BUILD`
 *     ROOT/downloads/             transfers that broke off
 *     ROOT/logs/                  logs of image builds that failed
 *     ROOT/keys/bsN/              the slice's key, its VMs' host keys (kept by wipe: they are the slice's identity)
 *     ROOT/slices/N/              what lives as long as the slice: disks/, seeds/, logs/, mux/, slice.json
 *     ROOT/leases/N.json          who was given slice N by `--slice auto`; gone with the slice
 *     ROOT/locks/                 lock files; a lock is held by a process and dies with it
 */
export interface RootPaths {
  readonly root: string;
  readonly images: string;
  readonly downloads: string;
  readonly logs: string;
  readonly leases: string;
  /** Held while a slice is chosen. */
  readonly leasesLock: string;
  readonly locks: string;
  readonly slices: string;
}

export function rootPaths(root: string): RootPaths {
  const absolute = resolve(root);
  return {
    root: absolute,
    images: join(absolute, 'images'),
    downloads: join(absolute, 'downloads'),
    logs: join(absolute, 'logs'),
    leases: join(absolute, 'leases'),
    leasesLock: join(absolute, 'locks', 'leases.lock'),
    locks: join(absolute, 'locks'),
    slices: join(absolute, 'slices'),
  };
}

export interface SlicePaths {
  readonly directory: string;
  readonly disks: string;
  readonly seeds: string;
  readonly logs: string;
  readonly mux: string;
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
    record: join(directory, 'slice.json'),
    keys,
    privateKey: join(keys, 'id_ed25519'),
    publicKey: join(keys, 'id_ed25519.pub'),
    lock: join(locks, `bs${slice}.lock`),
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

/** The NoCloud seed of a VM; it holds private host keys. */
export function seedPath(paths: SlicePaths, hostname: string): string {
  return join(paths.seeds, `${hostname}.iso`);
}

/** The log of a VM's serial console. */
export function consolePath(paths: SlicePaths, hostname: string): string {
  return join(paths.logs, `${hostname}.console.log`);
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

export interface OutputPaths {
  readonly sshConfig: string;
  readonly knownHosts: string;
}

/** The files that are written for people and tools, in `--output-dir`. */
export function outputPaths(directory: string, slice: number): OutputPaths {
  const absolute = resolve(directory);
  return {
    sshConfig: join(absolute, `sshconf-bs${slice}`),
    knownHosts: join(absolute, `known_hosts-bs${slice}`),
  };
}
