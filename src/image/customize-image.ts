import { chmod, mkdir, rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { VirtbsError } from '../errors.js';
import { packageDirectory } from '../package-directory.js';
import { linkOrCopy } from '../files/link-or-copy.js';
import { runProgram } from '../process/run-program.js';
import { openBuildLog, type BuildLog } from './build-log.js';
import { buildFiles } from './build-record.js';
import { MOST_BUILDS_IN_CHAIN } from './builds-in-chain.js';
import type { CustomizeDisk } from './customize-disk.js';
import { digestFile } from '../files/digest-file.js';
import type { MadeImage, MakeImageContext } from './make-image-context.js';
import { readBuild } from './read-build.js';
import type { CustomizeRecipe } from '../config/image-recipe.js';
import type { ImageBuild } from './types.js';
import { writePayload } from '../provision/write-payload.js';

/** MiB of a VM that starts from a kernel beside its disk, as the small images do, and of any other. */
const MEMORY = { kernel: 256, disk: 1024 } as const;
/** The small ones are quick on one, and where processors are emulated a second one can keep them from coming up. */
const VCPU = { kernel: 1, disk: 2 } as const;

type CustomizeContext = MakeImageContext & { readonly base: ImageBuild };

/**
 * Makes an image from another one: an overlay on its disk, changed by the guest itself. All that is said meanwhile is in
 * `build.log`.
 *
 * @throws VirtbsError `image-build-failed` with the last lines and the path of the log, what the way it is done throws
 */
export async function customizeImage(recipe: CustomizeRecipe, context: CustomizeContext): Promise<MadeImage> {
  const { root, slot, directory, emit, signal } = context;
  const workspace = join(directory, 'work');
  // The hypervisor is another user and has to get at the disk.
  for (const folder of [directory, workspace]) {
    await mkdir(folder, { recursive: true });
    await chmod(folder, 0o711);
  }
  await using log = openBuildLog({ root, slot, path: buildFiles(directory, 'qcow2').log, emit });
  try {
    const made = await customize(recipe, { ...context, workspace, log });
    await rm(workspace, { recursive: true });
    return made;
  } catch (error) {
    if (signal.aborted || !(error instanceof VirtbsError)) throw error;
    throw await nameLog(error, log);
  }
}

async function customize(
  recipe: CustomizeRecipe,
  context: CustomizeContext & { readonly workspace: string; readonly log: BuildLog },
): Promise<MadeImage> {
  const { base, slot, directory, workspace, log, signal, emit } = context;
  const virtualSize = diskSize(recipe, base);
  const payload = join(workspace, 'payload');
  const disk = join(workspace, 'disk.qcow2');
  const last = join(await packageDirectory(), 'images', 'customize', 'clean');
  await writePayload(payload, recipe, { signal, last });
  const overlay = ['-f', 'qcow2', '-F', base.format, '-b', base.path, disk, String(virtualSize)];
  await runProgram('qemu-img', ['create', '-q', ...overlay], { signal });
  const {
    memory = base.boot ? MEMORY.kernel : MEMORY.disk,
    vcpu = base.boot ? VCPU.kernel : VCPU.disk,
    internet_access: internetAccess = true,
  } = recipe;
  const customizeDisk = await wayToCustomize(recipe, context);
  await customizeDisk(
    { slot, disk, boot: base.boot, payload, workspace, memory, vcpu, internetAccess, onLine: log.write },
    { emit, signal },
  );
  const files = buildFiles(directory, 'qcow2');
  const flat = recipe.flatten === true || (await chainDepth(context.root, base)) >= MOST_BUILDS_IN_CHAIN;
  await copyDisk(disk, files.disk, { backing: flat ? null : base, signal });
  if (base.boot) {
    await linkOrCopy(base.boot.kernel, files.kernel);
    await linkOrCopy(base.boot.initrd, files.initrd);
  }
  return {
    format: 'qcow2',
    virtualSize,
    content: `sha256:${await digestFile(files.disk, { sync: true })}`,
    ...(!flat && { base: { slot: base.slot, build: base.build } }),
    ...(base.boot && { boot: { cmdline: base.boot.cmdline } }),
  };
}

function diskSize({ size }: CustomizeRecipe, base: ImageBuild): number {
  if (size === undefined || size >= base.virtualSize) return size ?? base.virtualSize;
  throw new VirtbsError(
    'image-build-failed',
    `size: ${size} bytes are less than the ${base.virtualSize} of its base ${base.slot}`,
    { hint: 'a disk can grow, not shrink: give a larger "size", or none' },
  );
}

async function wayToCustomize({ via }: CustomizeRecipe, { runBuildVm }: MakeImageContext): Promise<CustomizeDisk> {
  if (via === 'virt-customize') return (await import('./virt-customize.js')).virtCustomize;
  if (runBuildVm) return runBuildVm;
  throw new VirtbsError('image-build-failed', 'it cannot be made here: nothing is there to boot its base with', {
    hint: 'see whether --connect is a hypervisor of this machine that runs VMs',
  });
}

/** Counts the disks that stand on each other up to this one. */
async function chainDepth(root: string, { slot, build }: Pick<ImageBuild, 'slot' | 'build'>): Promise<number> {
  const base = (await readBuild(root, slot, build))?.base;
  return base ? 1 + (await chainDepth(root, base)) : 1;
}

/**
 * Writes the disk that was worked on as a new file, which takes only what the guest uses and belongs to us: the hypervisor may
 * have kept the other. Its base is named relative to it, so that the whole store can be moved.
 */
async function copyDisk(
  from: string,
  to: string,
  { backing, signal }: { readonly backing: ImageBuild | null; readonly signal: AbortSignal },
): Promise<void> {
  const args = ['convert', '-q', '-f', 'qcow2', '-O', 'qcow2'];
  if (backing) {
    const path = relative(dirname(to), backing.path);
    args.push('-B', path, '-F', backing.format);
  }
  await runProgram('qemu-img', [...args, from, to], { signal, cwd: dirname(to) });
}

async function nameLog(error: VirtbsError, log: BuildLog): Promise<VirtbsError> {
  const last = log.lastLines();
  if (last.length > 0) for (const line of error.message.split('\n')) log.write(line);
  const kept = await log.keep();
  const message = [error.message, ...last, ...(kept === null ? [] : [`all that it said is in ${kept}`])].join('\n');
  const advice =
    error.code === 'image-build-failed' ? 'correct the recipe or its scripts by what the last lines say' : undefined;
  const hint = error.hint ?? advice;
  return new VirtbsError(error.code, message, { ...(hint !== undefined && { hint }), cause: error });
}
