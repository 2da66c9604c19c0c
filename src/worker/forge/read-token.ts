import { VirtbsError } from '../../errors.js';
import { RUNNER_TOKEN } from '../../process/secret-variables.js';
import { readPlainFile } from '../../read-plain-file.js';

const MOST_BYTES = 4096;

/** Whether others than its owner may read or change it. */
const OTHERS = 0o077;

/**
 * Reads the token: from its file, else from the environment. The file is read anew each time, so that a token that expires can be
 * replaced while we run.
 *
 * @throws VirtbsError `config-invalid` where others may read the file, or there is no token
 */
export async function readToken(
  path: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const text = path === undefined ? (environment[RUNNER_TOKEN] ?? '') : await readFile(path);
  const token = text.trim();
  const where = path ?? RUNNER_TOKEN;
  // It stands in a header.
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new VirtbsError('config-invalid', `${where}: there is no token, or it is more than one word`, {
    hint: `write the token into a file that token_file names, or into ${RUNNER_TOKEN}`,
  });
}

async function readFile(path: string): Promise<string> {
  const accept = ({ mode }: { readonly mode: number }): void => {
    if ((mode & OTHERS) === 0) return;
    throw new VirtbsError('config-invalid', `${path}: others than its owner may read the token`, {
      hint: `chmod 600 ${path}`,
    });
  };
  try {
    return (await readPlainFile(path, { most: MOST_BYTES, accept })).toString('utf8');
  } catch (error) {
    if (error instanceof VirtbsError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new VirtbsError('config-invalid', `${path}: the token cannot be read: ${reason}`, {
      hint: 'see runner in the configuration: token_file',
      cause: error,
    });
  }
}
