import type { GerritSettings } from './gerrit-settings.js';

/**
 * Nothing is asked of a person, no connection is shared, and a server that is gone without a word is noticed within 45 seconds.
 *
 * Source: ssh_config(5)
 */
const OPTIONS = {
  BatchMode: 'yes',
  ConnectTimeout: '60',
  ControlMaster: 'no',
  ControlPath: 'none',
  TCPKeepAlive: 'yes',
  ServerAliveCountMax: '3',
  ForwardAgent: 'no',
  ForwardX11: 'no',
  PermitLocalCommand: 'no',
} as const;

export const ALIVE_SECONDS = 15;

/**
 * The arguments of ssh for a command of Gerrit. Gerrit splits the command itself: each word must be free of spaces and quotes.
 *
 * @param aliveSeconds between two questions whether the server is there; three without an answer end the connection
 */
export function sshArguments(
  settings: GerritSettings,
  words: readonly string[],
  aliveSeconds = ALIVE_SECONDS,
): readonly string[] {
  const { host, port, user, key, knownHosts, sshConfig } = settings;
  const options = {
    ...OPTIONS,
    ServerAliveInterval: String(aliveSeconds),
    ...(key !== undefined && { IdentitiesOnly: 'yes' }),
    ...(knownHosts !== undefined && { UserKnownHostsFile: quoteOption(knownHosts), StrictHostKeyChecking: 'yes' }),
  };
  return [
    ...(sshConfig === undefined ? [] : ['-F', sshConfig]),
    ...Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
    ...(key === undefined ? [] : ['-i', key.replaceAll('%', '%%')]),
    ...['-T', '-p', String(port), '-l', user, '--', host, ...words],
  ];
}

/** A path as ssh reads it in an option: quoted, and with its own sign for tokens doubled. */
function quoteOption(path: string): string {
  return `"${path.replaceAll('%', '%%')}"`;
}
