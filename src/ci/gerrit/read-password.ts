import { VirtbsError } from '../../errors.js';
import { readPlainFile } from '../../read-plain-file.js';
import { PASSWORD_VARIABLE, type GerritSettings } from './gerrit-settings.js';

const MOST_BYTES = 4096;

/** Whether others than its owner may read or change it. */
const OTHERS = 0o077;

/**
 * The HTTP password: of its file, else of the environment; undefined where there is neither. It is read anew each time, so that it
 * can be changed while we run.
 *
 * @throws VirtbsError `file-foreign` where others may read the file, `config-invalid` where it cannot be read or is empty
 */
export async function readPassword(
  { passwordFile: path }: GerritSettings,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  if (path === undefined) {
    const value = environment[PASSWORD_VARIABLE];
    return value === undefined || value === '' ? undefined : value;
  }
  const accept = (found: { readonly mode: number }): void => {
    if ((found.mode & OTHERS) === 0) return;
    throw new VirtbsError('config-invalid', `${path}: others than its owner may read the password`, {
      hint: `chmod 600 ${path}`,
    });
  };
  let text: string;
  try {
    text = (await readPlainFile(path, { most: MOST_BYTES, accept })).toString('utf8').trim();
  } catch (error) {
    if (error instanceof VirtbsError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new VirtbsError('config-invalid', `${path}: the password of Gerrit cannot be read: ${reason}`, {
      hint: 'write the HTTP password of the account into this file: Settings, HTTP Credentials in Gerrit',
      cause: error,
    });
  }
  if (text === '' || /[\r\n]/.test(text)) {
    throw new VirtbsError('config-invalid', `${path}: this is no password in one line`, {
      hint: 'write the HTTP password of the account into this file, and nothing else',
    });
  }
  return text;
}
