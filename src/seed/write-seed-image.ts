import { mkdir, rm, writeFile, chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { VirtbsError } from '../errors.js';
import { writeNewFile } from '../files/write-new-file.js';
import { runProgram } from '../process/run-program.js';
import type { Seed } from './seed.js';

/** ISO writers with the same options, the quickest first. */
const ISO_WRITERS = [
  ['genisoimage', []],
  ['mkisofs', []],
  ['xorriso', ['-as', 'mkisofs']],
] as const;

/**
 * Writes the seed as an ISO 9660 image labelled `cidata`. It holds the VM's private host key, so only its owner can read
 * it; libvirt gives it to the emulator when the VM starts. What is in `folders` comes beside the seed's own files.
 *
 * @throws VirtbsError `program-missing` where no ISO writer is installed, `program-failed`, `cancelled`
 */
export async function writeSeedImage(
  path: string,
  seed: Seed,
  signal: AbortSignal,
  folders: readonly string[] = [],
): Promise<void> {
  const directory = `${path}.files`;
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { mode: 0o700 });
  try {
    const files = { 'meta-data': seed.metaData, 'user-data': seed.userData, 'network-config': seed.networkConfig };
    for (const [name, content] of Object.entries(files))
      await writeFile(join(directory, name), content, { mode: 0o600 });
    await writeNewFile(path);
    await runIsoWriter(
      ['-quiet', '-output', path, '-volid', 'cidata', '-joliet', '-rock', directory, ...folders],
      signal,
    );
    await chmod(path, 0o600);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function runIsoWriter(args: readonly string[], signal: AbortSignal): Promise<void> {
  for (const [program, first] of ISO_WRITERS) {
    try {
      await runProgram(program, [...first, ...args], { signal });
      return;
    } catch (error) {
      if (!(error instanceof VirtbsError) || error.code !== 'program-missing') throw error;
    }
  }
  throw new VirtbsError(
    'program-missing',
    `no ISO writer is installed (${ISO_WRITERS.map(([name]) => name).join(', ')})`,
    {
      hint: 'install xorriso, or let `virtbs quickstart` install all that is missing',
    },
  );
}
