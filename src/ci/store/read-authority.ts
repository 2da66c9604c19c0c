import { readFile } from 'node:fs/promises';
import { VirtbsError } from '../../errors.js';

/** Reads the certificate of the authority of a server. @throws VirtbsError `ci-database` where it cannot be read */
export async function readAuthority(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new VirtbsError('ci-database', `the certificate ${path} cannot be read: ${reason}`, { cause });
  }
}
