import type { GerritSettings as CiGerrit } from '../../config/ci-settings.js';
import { VirtbsError } from '../../errors.js';
import { GerritClient } from './gerrit-client.js';
import { RestConnection, SshConnection, type GerritConnection } from './gerrit-connection.js';
import { PASSWORD_VARIABLE, type GerritSettings } from './gerrit-settings.js';
import { PASSWORD_CREDENTIAL, readPassword } from './read-password.js';

export interface OpenConnectionOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Seconds between two questions over ssh whether the server is there. */
  readonly aliveSeconds?: number | undefined;
}

export interface OpenedConnection extends AsyncDisposable {
  readonly settings: GerritSettings;
  readonly connection: GerritConnection;
  /** The REST interface; null where there is none. */
  readonly client: GerritClient | null;
}

const SSH_PORT = 29_418;
const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/;

/**
 * Opens a way to a Gerrit: its REST interface where the settings have its address, else its commands over ssh.
 *
 * @throws VirtbsError `config-invalid` where the password is missing or would travel unencrypted
 */
export async function openConnection(
  gerrit: CiGerrit & Pick<GerritSettings, 'host' | 'user'>,
  { environment, aliveSeconds }: OpenConnectionOptions,
): Promise<OpenedConnection> {
  const settings: GerritSettings = { ...gerrit, port: gerrit.port ?? SSH_PORT };
  const client = await openClient(settings, environment);
  return {
    ...{ settings, client },
    connection: client ? new RestConnection(client) : new SshConnection(settings, aliveSeconds),
    async [Symbol.asyncDispose]() {
      await client?.[Symbol.asyncDispose]();
    },
  };
}

async function openClient(
  settings: GerritSettings,
  environment: OpenConnectionOptions['environment'],
): Promise<GerritClient | null> {
  const { url, httpUser, user } = settings;
  if (url === undefined) return null;
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed?.protocol !== 'https:' && !(parsed?.protocol === 'http:' && LOOPBACK.test(parsed.hostname))) {
    throw new VirtbsError('config-invalid', `ci.gerrit.url: ${url}: the password would travel unencrypted`, {
      hint: 'write https://HOST/, or leave url out: everything goes over ssh then',
    });
  }
  const password = async (): Promise<string> => {
    const found = await readPassword(settings, environment);
    if (found !== undefined) return found;
    throw new VirtbsError('config-invalid', 'ci.gerrit: there is a url, and no password for it', {
      hint: `name a file in password_file, or set ${PASSWORD_VARIABLE}; a service has the credential ${PASSWORD_CREDENTIAL}; without url everything goes over ssh`,
    });
  };
  // A mistake is told now, and not when the first event comes.
  await password();
  return new GerritClient({ url, user: httpUser ?? user, password, environment });
}
