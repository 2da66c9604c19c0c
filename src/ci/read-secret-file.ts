import { VirtbsError } from '../errors.js';
import { readGuardedFile, type GuardedFile } from '../read-guarded-file.js';

export interface Secret extends GuardedFile {
  /** What is to be in the file. */
  readonly hint: string;
  /** Where it is found. */
  readonly where?: string;
}

/**
 * Reads a secret in one line from a file of its own.
 *
 * @throws VirtbsError `config-invalid` where others may read the file, it cannot be read, or is no line
 */
export async function readSecretFile(path: string, { hint, where = '', ...secret }: Secret): Promise<string> {
  const text = (await readGuardedFile(path, { ...secret, hint: `${hint}${where}` })).trim();
  if (text === '' || /[\r\n]/.test(text)) {
    throw new VirtbsError('config-invalid', `${path}: this is no ${secret.kind} in one line`, {
      hint: `${hint}, and nothing else`,
    });
  }
  return text;
}
