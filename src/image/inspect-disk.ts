import { open } from 'node:fs/promises';
import { VirtbsError } from '../errors.js';
import { convertHint } from './image-head.js';
import { ProgramFailure, runProgram } from '../process/run-program.js';
import type { ImageFormat } from '../config/image-recipe.js';

/** The exit code of `qemu-img check` where clusters are lost and nothing else is wrong. */
const LEAKS_ONLY = 3;

/**
 * The bytes that a guest sees of a disk image, as qemu itself reads it. The format is given, never guessed: a raw image can
 * hold any bytes, also those that look like another format.
 *
 * @throws VirtbsError `image-corrupt` where qemu cannot read it or it leans on another file; `program-missing`, `cancelled`
 */
export async function readVirtualSize(path: string, format: ImageFormat, signal: AbortSignal): Promise<number> {
  const info = await readInfo(path, format, signal);
  if ('backing-filename' in info || 'data-file' in formatData(info)) {
    throw new VirtbsError('image-corrupt', 'the image leans on another file', {
      hint: 'give an image that stands alone: qemu-img convert -O qcow2 IMAGE ALONE.qcow2',
    });
  }
  const size = 'virtual-size' in info ? info['virtual-size'] : undefined;
  if (typeof size === 'number' && size > 0) return size;
  throw new VirtbsError('image-corrupt', `the image has a size of ${String(size)} bytes`, {
    hint: 'give another image',
  });
}

/**
 * Checks an image that no digest vouches for, as far as its format allows: that a qcow2 is whole, and that what looks like a raw
 * disk is not one of those formats that say at their end what they are.
 *
 * @throws VirtbsError `image-corrupt`; `program-missing`, `cancelled`
 */
export async function assertDiskWhole(path: string, format: ImageFormat, signal: AbortSignal): Promise<void> {
  if (format === 'raw') return await assertNoTrailer(path);
  try {
    await runProgram('qemu-img', ['check', '-q', '-f', format, path], { signal });
  } catch (error) {
    if (!(error instanceof VirtbsError) || error.code !== 'program-failed') throw error;
    const failure = error.cause instanceof ProgramFailure ? error.cause : undefined;
    if (failure?.exitCode === LEAKS_ONLY) return;
    throw new VirtbsError('image-corrupt', `the image is damaged or cut off: ${error.message}`, {
      hint: 'fetch it again, whole, or give another one',
      cause: error,
    });
  }
}

/** The last 512 bytes of a VHD of fixed size, and of a disk image of Apple. Sources: block/vpc.c and block/dmg.c of qemu */
const TRAILERS: Readonly<Record<string, readonly [what: string, qemu: string]>> = {
  conectix: ['a VHD image of fixed size', 'vpc'],
  'koly\0\0\0\x04': ['a disk image of Apple', 'dmg'],
};

async function assertNoTrailer(path: string): Promise<void> {
  await using file = await open(path);
  const { size } = await file.stat();
  const { buffer, bytesRead } = await file.read(Buffer.alloc(8), 0, 8, Math.max(0, size - 512));
  const found = TRAILERS[buffer.toString('latin1', 0, bytesRead)];
  if (!found) return;
  const [what, qemu] = found;
  throw new VirtbsError('image-corrupt', `the file is ${what}, no qcow2 or raw image`, { hint: convertHint(qemu) });
}

async function readInfo(path: string, format: ImageFormat, signal: AbortSignal): Promise<object> {
  try {
    const { stdout } = await runProgram('qemu-img', ['info', '--output=json', '-f', format, path], { signal });
    const info: unknown = JSON.parse(stdout);
    return typeof info === 'object' && info !== null ? info : {};
  } catch (error) {
    if (!(error instanceof VirtbsError) || error.code !== 'program-failed') throw error;
    throw new VirtbsError('image-corrupt', `qemu cannot read the image: ${error.message}`, {
      hint: 'the file is damaged where it comes from: give another one',
      cause: error,
    });
  }
}

function formatData(info: object): object {
  const specific: unknown = 'format-specific' in info ? info['format-specific'] : undefined;
  const data: unknown =
    typeof specific === 'object' && specific !== null && 'data' in specific ? specific.data : undefined;
  return typeof data === 'object' && data !== null ? data : {};
}
