import { VirtbsError } from '../errors.js';
import { readPlainFile } from '../read-plain-file.js';

const MOST_BYTES = 4096;

/** Whether others than its owner may read or change it. */
const OTHERS = 0o077;

export interface Secret {
  /** `the password of Gerrit` */
  readonly name: string;
  /** `password` */
  readonly kind: string;
  /** What is to be in the file. */
  readonly hint: string;
  /** Where it is found. */
  readonly where?: string;
  /** Whether something else than its mode keeps others from the file. */
  readonly isGuarded?: boolean;
}

/**
 * Reads a secret in one line from a file of its own.
 *
 * @throws VirtbsError `config-invalid` where others may read the file, it cannot be read, or is no line
 */
export async function readSecretFile(
  path: string,
  { name, kind, hint, where = '', isGuarded = false }: Secret,
): Promise<string> {
  const accept = (found: { readonly mode: number }): void => {
    if (isGuarded || (found.mode & OTHERS) === 0) return;
    throw new VirtbsError('config-invalid', `${path}: others than its owner may read the ${kind}`, {
      hint: `chmod 600 ${path}`,
    });
  };
  let text: string;
  try {
    text = (await readPlainFile(path, { most: MOST_BYTES, accept })).toString('utf8').trim();
  } catch (error) {
    if (error instanceof VirtbsError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new VirtbsError('config-invalid', `${path}: ${name} cannot be read: ${reason}`, {
      hint: `${hint}${where}`,
      cause: error,
    });
  }
  if (text === '' || /[\r\n]/.test(text)) {
    throw new VirtbsError('config-invalid', `${path}: this is no ${kind} in one line`, {
      hint: `${hint}, and nothing else`,
    });
  }
  return text;
}
