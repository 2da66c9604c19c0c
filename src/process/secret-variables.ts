import { env } from 'node:process';

/** The variable with the HTTP password of the CI's account in Gerrit. */
export const GERRIT_PASSWORD = 'VIRTBS_GERRIT_PASSWORD';

/** The variable with the token by which runners are made at a forge. */
export const RUNNER_TOKEN = 'VIRTBS_RUNNER_TOKEN';

const secret = new Set<string>([GERRIT_PASSWORD, RUNNER_TOKEN]);

/** Keeps a variable from all programs that are started from now on: virtbs has found in it what is for virtbs alone. */
export function withhold(name: string): void {
  secret.add(name);
}

/** Returns our environment for programs that do somebody's work here: without the secrets that are for virtbs alone. */
export function environmentWithoutSecrets(): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !secret.has(name)));
}
