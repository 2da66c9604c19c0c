import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { VirtbsError } from '../../errors.js';
import { readPlainFile } from '../../read-plain-file.js';
import { PASSWORD_VARIABLE, type GerritSettings } from './gerrit-settings.js';

const MOST_BYTES = 4096;

/** Whether others than its owner may read or change it. */
const OTHERS = 0o077;

/** The credential of a systemd service with the password: a file in the folder of `CREDENTIALS_DIRECTORY`. */
export const PASSWORD_CREDENTIAL = 'virtbs.gerrit-password';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The HTTP password: of its file, else of the credential that systemd gives a service, else of the environment; undefined where there
 * is none. It is read anew each time, so that it can be changed while we run.
 *
 * @throws VirtbsError `config-invalid` where others may read the file, or it cannot be read or is empty
 */
export async function readPassword(
  { passwordFile }: GerritSettings,
  environment: Environment,
): Promise<string | undefined> {
  if (passwordFile !== undefined) return await readPasswordFile(passwordFile, refuseOthers(passwordFile));
  return (await readCredential(environment)) ?? (environment[PASSWORD_VARIABLE] || undefined);
}

/** systemd guards the folder. The file can look as if a group may read it: its mode then stands for an access list with one user. */
async function readCredential({ CREDENTIALS_DIRECTORY: folder }: Environment): Promise<string | undefined> {
  if (folder === undefined || folder === '') return undefined;
  const path = join(folder, PASSWORD_CREDENTIAL);
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  return isThere ? await readPasswordFile(path, () => undefined) : undefined;
}

function refuseOthers(path: string): (found: { readonly mode: number }) => void {
  return ({ mode }) => {
    if ((mode & OTHERS) === 0) return;
    throw new VirtbsError('config-invalid', `${path}: others than its owner may read the password`, {
      hint: `chmod 600 ${path}`,
    });
  };
}

async function readPasswordFile(path: string, accept: (found: { readonly mode: number }) => void): Promise<string> {
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
