import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { VirtbsError } from '../errors.js';
import { QCOW2_HEAD_BYTES, qcow2Problem } from './qcow2-problem.js';
import { readBackingChain } from './read-backing-chain.js';
import { readQcow2Header } from './read-qcow2-header.js';
import type { ImageBuild } from './types.js';

/**
 * Throws where no disk can stand on a build: its file or one that it leans on is missing, is not what the record says, or is one
 * that qemu refuses. Reads some bytes of each.
 *
 * @throws VirtbsError `image-corrupt`
 */
export async function checkBuild(image: ImageBuild): Promise<void> {
  const problem = await findProblem(image);
  if (problem === null) return;
  throw new VirtbsError('image-corrupt', `image ${image.slot}, build ${image.build}: ${problem}`, {
    hint: `let a tag point to another build, or remove this one and make it anew: virtbs image rm ${image.slot}`,
  });
}

async function findProblem({ path, format, virtualSize }: ImageBuild): Promise<string | null> {
  if (format === 'raw') {
    const { size } = await stat(path);
    return size < virtualSize ? `${path} has ${size} bytes, its record says ${virtualSize}` : null;
  }
  const { files, broken } = await readBackingChain(path);
  if (broken !== null) return broken;
  for (const file of files) {
    const problem = await findFileProblem(file);
    if (problem !== null) return `${file}: ${problem}`;
  }
  const header = await readQcow2Header(path);
  if (header && header.virtualSize !== virtualSize) {
    return `${path}: the disk has ${header.virtualSize} bytes, its record says ${virtualSize}`;
  }
  return null;
}

async function findFileProblem(path: string): Promise<string | null> {
  try {
    if (!(await stat(path)).isFile()) return 'it is no file';
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(QCOW2_HEAD_BYTES), 0, QCOW2_HEAD_BYTES, 0);
    return qcow2Problem(buffer.subarray(0, bytesRead))?.what ?? null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
