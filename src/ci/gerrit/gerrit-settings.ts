/** A Gerrit and our account there, as `ci.gerrit` of the configuration has it; paths are absolute. */
export interface GerritSettings {
  readonly host: string;
  /** The port of its ssh server; 29418 unless it says otherwise. */
  readonly port: number;
  /** Our account. What it writes is never an event. */
  readonly user: string;
  /** Our private key; ssh's own choice where not given. */
  readonly key?: string | undefined;
  /** The file with the server's host key; ssh's own where not given. */
  readonly knownHosts?: string | undefined;
  /** A configuration of ssh instead of the account's own. */
  readonly sshConfig?: string | undefined;
  /** Where its web pages and REST interface are; everything goes over ssh where not given. */
  readonly url?: string | undefined;
  /** The user name for HTTP; `user` where not given. */
  readonly httpUser?: string | undefined;
  /** A file with the HTTP password alone; a credential of systemd or `VIRTBS_GERRIT_PASSWORD` where not given. */
  readonly passwordFile?: string | undefined;
  /** Accounts, as globs, whose events are ignored. */
  readonly ignore: readonly string[];
}

export { GERRIT_PASSWORD as PASSWORD_VARIABLE } from '../../process/secret-variables.js';
