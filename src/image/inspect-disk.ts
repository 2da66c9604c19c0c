import { VirtbsError } from '../errors.js';
import { runProgram } from '../process/run-program.js';
import type { ImageFormat } from './types.js';

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
