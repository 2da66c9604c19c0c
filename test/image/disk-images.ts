import { createHash, randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from '../../src/process/run-program.js';

const MIB = 1024 * 1024;

export interface DiskImages {
  /** 4 MiB: one of random bytes between zeros. */
  readonly raw: Buffer;
  /** The same as qcow2, by qemu-img. */
  readonly qcow2: Buffer;
}

/** Makes real images in a folder. */
export async function makeDiskImages(directory: string): Promise<DiskImages> {
  const raw = Buffer.concat([Buffer.alloc(MIB), randomBytes(MIB), Buffer.alloc(2 * MIB)]);
  raw.writeUInt16LE(0xaa55, 510);
  await writeFile(join(directory, 'disk.raw'), raw);
  await runProgram('qemu-img', [
    'convert',
    '-f',
    'raw',
    '-O',
    'qcow2',
    join(directory, 'disk.raw'),
    join(directory, 'disk.qcow2'),
  ]);
  return { raw, qcow2: await readFile(join(directory, 'disk.qcow2')) };
}

export function hexDigest(algorithm: 'sha256' | 'sha512', bytes: Buffer): string {
  return createHash(algorithm).update(bytes).digest('hex');
}
