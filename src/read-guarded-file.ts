import { VirtbsError } from './errors.js';
import { readPlainFile } from './read-plain-file.js';

const MOST_BYTES = 4096;

/** Whether others than its owner may read or change it. */
const OTHERS = 0o077;

export interface GuardedFile {
  /** `the password of Gerrit` */
  readonly name: string;
  /** `password` */
  readonly kind: string;
  readonly hint: string;
  /** Whether something else than its mode keeps others from the file. */
  readonly isGuarded?: boolean;
}

/** Reads a file with a secret in it. @throws VirtbsError `config-invalid` where others may read the file, or it cannot be read */
export async function readGuardedFile(
  path: string,
  { name, kind, hint, isGuarded = false }: GuardedFile,
): Promise<string> {
  const accept = ({ mode }: { readonly mode: number }): void => {
    if (isGuarded || (mode & OTHERS) === 0) return;
    throw new VirtbsError('config-invalid', `${path}: others than its owner may read the ${kind}`, {
      hint: `chmod 600 ${path}`,
    });
  };
  try {
    return (await readPlainFile(path, { most: MOST_BYTES, accept })).toString('utf8');
  } catch (error) {
    if (error instanceof VirtbsError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new VirtbsError('config-invalid', `${path}: ${name} cannot be read: ${reason}`, { hint, cause: error });
  }
}
