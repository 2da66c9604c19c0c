import { basename, relative } from 'node:path';
import { unknownWord } from '../text/unknown-word.js';
import { assertAble } from '../driver/assert-able.js';
import type { Driver, VmState } from '../driver/types.js';
import { VirtbsError } from '../errors.js';
import type { VerbContext } from '../events.js';
import { buildDirectory } from '../filenames.js';
import { linkOrCopy } from '../files/link-or-copy.js';
import { addBuild, tagsOf, type AddedBuild, type AddRequest } from '../image/add-build.js';
import { parseBuildReference } from '../image/build-reference.js';
import { buildFiles, type BuildRecord } from '../image/build-record.js';
import { digestFile } from '../files/digest-file.js';
import { MOST_BUILDS_IN_CHAIN } from '../image/builds-in-chain.js';
import { useImages } from '../image/lock-images.js';
import type { MadeImage, MakeImageContext } from '../image/make-image-context.js';
import { readBackingChain } from '../image/read-backing-chain.js';
import { readBuild } from '../image/read-build.js';
import type { ImageSource } from '../image/ready-all-images.js';
import { digestOf } from '../digest-of.js';
import { readQcow2Header } from '../image/read-qcow2-header.js';
import { readSliceDisks, type SliceDisk } from '../image/read-slice-disks.js';
import { runProgram } from '../process/run-program.js';
import { lockSlice } from './lock-slice.js';
import { vmNames } from './select-vms.js';
import { assertSameRoot } from './wipe.js';

export interface CommitOptions extends AddRequest {
  readonly slice: number;
  /** One of the VM's names: its host name, its domain's, its number. */
  readonly vm: string;
  /** The disk's name; that of the image that the VM runs on where not given. */
  readonly disk: string | undefined;
  readonly driver: Driver;
  readonly images: ImageSource;
  /** Milliseconds to wait for another process that changes the slice. */
  readonly lockTimeout: number;
}

/**
 * Makes a build of a stopped VM's disk. It stays an overlay on the build that the disk stands on, and is booted as that
 * one is. Nothing in it is cleaned: a guest that is made from it tells by its seed that it is another.
 *
 * @throws VirtbsError `vm-unknown`, `vm-running`, `usage`
 */
export async function commitVm(options: CommitOptions, context: VerbContext): Promise<AddedBuild> {
  const { slice, driver, images, lockTimeout } = options;
  const { root } = images;
  assertAble(driver, 'commit');
  tagsOf(options, images);
  await using _slice = await lockSlice({ root, slice, verb: 'commit', lockTimeout }, context);
  await using _library = await useImages(root, { ...context, holder: `commit of ${options.vm}`, lockTimeout });
  const [state] = await driver.inspect({ slice }, context);
  assertSameRoot(state, root);
  const vm = findVm(options, state?.vms ?? []);
  if (vm.power !== 'off' && vm.power !== 'crashed') {
    throw new VirtbsError('vm-running', `${vm.hostname} is ${vm.power}: its disk changes while it is read`, {
      hint: `stop it first: virtbs -s ${slice} stop ${vm.hostname}`,
    });
  }
  const disk = findDisk(options, vm, await readSliceDisks(root, slice));
  return await addBuild({ ...options, make: (making) => takeDisk(disk, making) }, images, context);
}

function findVm({ vm: name, slice }: CommitOptions, vms: readonly VmState[]): VmState {
  const found = vms.find((vm) => vmNames(vms, vm, slice).includes(name));
  if (found) return found;
  const names = vms.map(({ hostname }) => hostname);
  throw new VirtbsError('vm-unknown', unknownWord(`slice ${slice} has no VM`, name, names), {
    hint: `virtbs -s ${slice} ls shows its VMs; --slice chooses another`,
  });
}

function findDisk({ disk: name }: CommitOptions, vm: VmState, all: readonly SliceDisk[]): SliceDisk {
  const mine = all.filter(({ domain }) => domain === vm.domain);
  const nameOf = ({ path }: SliceDisk): string => basename(path, '.qcow2').slice(vm.hostname.length + 1);
  const meant = mine.filter((disk) => (name === undefined ? disk.builds[0] === vm.image : nameOf(disk) === name));
  const [disk] = meant;
  if (disk && meant.length === 1) return disk;
  const names = mine.map(nameOf).sort();
  if (name !== undefined) throw new VirtbsError('vm-unknown', unknownWord(`${vm.hostname} has no disk`, name, names));
  throw new VirtbsError('usage', `${vm.hostname} has ${meant.length} disks of an image`, {
    hint: `say which: --disk ${names.join(' or --disk ')}`,
  });
}

async function takeDisk({ path, builds }: SliceDisk, context: MakeImageContext): Promise<MadeImage> {
  const { root, directory, signal } = context;
  const base = await readBase(root, builds[0]);
  const files = buildFiles(directory, 'qcow2');
  const keepsBase = base !== undefined && builds.length < MOST_BUILDS_IN_CHAIN && (await standsOn(path, root, base));
  const backing = keepsBase ? ['-B', backingPath(root, base, directory), '-F', base.format] : [];
  await runProgram('qemu-img', ['convert', '-q', '-f', 'qcow2', '-O', 'qcow2', ...backing, path, files.disk], {
    signal,
  });
  const header = await readQcow2Header(files.disk);
  if (!header) throw new Error(`qemu-img made no qcow2 at ${files.disk}`);
  const boot = base && (await copyBoot(root, base, files));
  // The kernel and the initrd are those of another build, and known by its id.
  const content = digestOf([await digestFile(files.disk, { sync: true }), boot ? [base.slot, base.build] : null]);
  return {
    format: 'qcow2',
    virtualSize: header.virtualSize,
    content: `sha256:${content}`,
    ...(boot && { boot }),
    ...(keepsBase && { base: { slot: base.slot, build: base.build } }),
  };
}

async function readBase(root: string, name: string | undefined): Promise<BuildRecord | undefined> {
  if (name === undefined) return undefined;
  const { slot, build = '' } = parseBuildReference(name);
  return await readBuild(root, slot, build);
}

/** Tells whether a build is what the disk directly stands on: qemu-img compares a disk with its nearest backing file only. */
async function standsOn(path: string, root: string, base: BuildRecord): Promise<boolean> {
  const [disk, mine] = await Promise.all([readBackingChain(path), readBackingChain(diskOf(root, base))]);
  return disk.files[1] !== undefined && disk.files[1] === mine.files[0];
}

/** Relative, so that the root can be moved, or seen by another path. The build's own folder is on the same level. */
function backingPath(root: string, base: BuildRecord, directory: string): string {
  return relative(directory, diskOf(root, base));
}

function diskOf(root: string, { slot, build, format }: BuildRecord): string {
  return buildFiles(buildDirectory(root, slot, build), format).disk;
}

async function copyBoot(
  root: string,
  { slot, build, format, boot }: BuildRecord,
  files: { readonly kernel: string; readonly initrd: string },
): Promise<BuildRecord['boot'] | undefined> {
  if (!boot) return undefined;
  const source = buildFiles(buildDirectory(root, slot, build), format);
  await linkOrCopy(source.kernel, files.kernel);
  await linkOrCopy(source.initrd, files.initrd);
  return boot;
}
