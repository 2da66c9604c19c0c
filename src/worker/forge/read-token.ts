import { VirtbsError } from '../../errors.js';
import { RUNNER_TOKEN } from '../../process/secret-variables.js';
import { readGuardedFile } from '../../read-guarded-file.js';

const TOKEN = { name: 'the token', kind: 'token', hint: 'see runner in the configuration: token_file' };

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
  const text = path === undefined ? (environment[RUNNER_TOKEN] ?? '') : await readGuardedFile(path, TOKEN);
  const token = text.trim();
  const where = path ?? RUNNER_TOKEN;
  // It stands in a header.
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new VirtbsError('config-invalid', `${where}: there is no token, or it is more than one word`, {
    hint: `write the token into a file that token_file names, or into ${RUNNER_TOKEN}`,
  });
}
