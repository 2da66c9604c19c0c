import type { Destination } from './destination.js';

/**
 * What becomes of the key of a host that nobody knows yet:
 *
 * - `accept-new`: it is believed once, and kept beside the slice's files
 * - `strict`: there is no login; its owner adds the key to a file of known hosts
 *
 * A host whose key is another than the known one is refused either way.
 */
export const HOST_KEY_POLICIES = ['accept-new', 'strict'] as const;

export type HostKeyPolicy = (typeof HOST_KEY_POLICIES)[number];

/** Section `hosts` of the configuration. */
export interface HostsSettings {
  /** The number of the slice that the machines are. */
  readonly slice: number;
  /** Keyed by host name, in the order of the file. */
  readonly machines: Readonly<Record<string, MachineSettings>>;
}

export interface MachineSettings extends SshSettings {
  readonly role: string;
  readonly labels: Readonly<Record<string, unknown>>;
  /** The destination for ssh; of the machine where virtbs runs, the address by which others know it. */
  readonly destination: Destination;
  /** The machine is the one where virtbs runs. */
  readonly local: boolean;
}

export interface SshSettings {
  /** Path of a private key; those that ssh tries by itself, and those of an agent, where not given. */
  readonly identityFile: string | undefined;
  /** Path of an ssh configuration of the user's that knows the destination; none is read where not given. */
  readonly sshConfig: string | undefined;
  readonly hostKeys: HostKeyPolicy;
}

export const DEFAULT_HOSTS_SETTINGS: HostsSettings = { slice: 1, machines: {} };
