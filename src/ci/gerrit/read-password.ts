import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { readSecretFile } from '../read-secret-file.js';
import { PASSWORD_VARIABLE, type GerritSettings } from './gerrit-settings.js';

/** The credential of a systemd service with the password: a file in the folder of `CREDENTIALS_DIRECTORY`. */
export const PASSWORD_CREDENTIAL = 'virtbs.gerrit-password';

type Environment = Readonly<Record<string, string | undefined>>;

const SECRET = {
  name: 'the password of Gerrit',
  kind: 'password',
  hint: 'write the HTTP password of the account into this file',
  where: ': Settings, HTTP Credentials in Gerrit',
};

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
  if (passwordFile !== undefined) return await readSecretFile(passwordFile, SECRET);
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
  return isThere ? await readSecretFile(path, { ...SECRET, isGuarded: true }) : undefined;
}
