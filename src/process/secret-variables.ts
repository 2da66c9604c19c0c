import { env } from 'node:process';

/** The variable with the HTTP password of the CI's account in Gerrit. */
export const GERRIT_PASSWORD = 'VIRTBS_GERRIT_PASSWORD';

/** The variable with the token by which runners are made at a forge. */
export const RUNNER_TOKEN = 'VIRTBS_RUNNER_TOKEN';

/** Returns our environment for programs that do somebody's work here: without the secrets that are for virtbs alone. */
export function environmentWithoutSecrets(): Readonly<Record<string, string | undefined>> {
  const { [GERRIT_PASSWORD]: _password, [RUNNER_TOKEN]: _token, ...others } = env;
  return others;
}
