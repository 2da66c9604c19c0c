import type { Guest } from './guest.js';

/**
 * Nothing is asked of a person, no connection is left behind, and a guest that does not answer any more is noticed within 30
 * seconds.
 *
 * Source: ssh_config(5)
 */
const OPTIONS = {
  BatchMode: 'yes',
  ConnectTimeout: '30',
  ControlMaster: 'no',
  ServerAliveInterval: '10',
  ServerAliveCountMax: '2',
} as const;

export interface SshCallOptions {
  /**
   * Whose connection is used: one for this call alone, which shows that the guest accepts logins, or the one that is there: the
   * guest's own `connection`, else that of its ssh configuration.
   */
  readonly connection: 'new' | 'shared';
  /** Other options, which come first and win. */
  readonly options?: readonly string[];
}

/** The one list of arguments with which ssh is called for a guest without anybody at a terminal; a command comes behind. */
export function sshCall(guest: Guest, { connection, options = [] }: SshCallOptions): readonly string[] {
  const own = guest.connection === undefined ? [] : ['-o', `ControlPath=${guest.connection.replaceAll('%', '%%')}`];
  const control = connection === 'new' ? ['-o', 'ControlPath=none'] : own;
  const fixed = Object.entries(OPTIONS).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  return ['-F', guest.sshConfig, ...options, ...control, ...fixed, guest.hostname];
}
