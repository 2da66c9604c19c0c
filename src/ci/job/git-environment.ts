import type { CiSettings } from '../../config/ci-settings.js';
import { shellQuote } from '../../text/shell-quote.js';

/** Returns the variables with which git logs in by ssh as the CI's account does; none where no key is named. */
export function gitEnvironment({ gerrit }: Pick<CiSettings, 'gerrit'>): Readonly<Record<string, string>> {
  return gerrit?.key === undefined ? {} : { GIT_SSH_COMMAND: sshCommand(gerrit.key, gerrit.knownHosts) };
}

/** Git reads this by a shell. */
function sshCommand(key: string, knownHosts: string | undefined): string {
  const hosts = knownHosts === undefined ? '' : ` -o ${shellQuote(`UserKnownHostsFile="${knownHosts}"`)}`;
  return `ssh -o BatchMode=yes -o IdentitiesOnly=yes${hosts} -i ${shellQuote(key)}`;
}
