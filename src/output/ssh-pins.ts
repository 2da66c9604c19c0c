import type { SshOptions } from './ssh-options.js';

/**
 * Values for all that an ssh configuration behind ours could say about who is reached, how one proves oneself, and what is run.
 * ssh takes the first value that it finds, so a block that has one for each of these holds before any `Host *`.
 *
 * Forwards of ports and variables for the guest are left to the user: ssh has no value that keeps those of a later block out
 * and those of the command line in.
 *
 * Source: ssh_config(5)
 */
const PINS: SshOptions = {
  // Who is reached, and by which way.
  Port: '22',
  // In this order: a command that comes first would keep out the jump of a VM that has one.
  ProxyJump: 'none',
  ProxyCommand: 'none',
  AddressFamily: 'any',
  CanonicalizeHostname: 'no',
  CheckHostIP: 'no',
  VerifyHostKeyDNS: 'no',
  RevokedHostKeys: 'none',
  // How one proves oneself.
  PubkeyAuthentication: 'yes',
  PubkeyAcceptedKeyTypes: 'ssh-ed25519',
  // This alone keeps GSSAPI out: an ssh that is built without it, as in Debian 14, prints a warning at each of its own options.
  PreferredAuthentications: 'publickey',
  IdentityAgent: 'none',
  AddKeysToAgent: 'no',
  PKCS11Provider: 'none',
  HostbasedAuthentication: 'no',
  // What is run, there and here.
  RemoteCommand: 'none',
  RequestTTY: 'auto',
  PermitLocalCommand: 'no',
  ExitOnForwardFailure: 'no',
  ForwardX11: 'no',
  ForwardX11Trusted: 'no',
  Tunnel: 'no',
};

/** Options that OpenSSH has since 8.5 and 8.7. This machine has them; another may not. */
const NEWER_PINS: SshOptions = {
  KnownHostsCommand: 'none',
  SessionType: 'default',
  StdinNull: 'no',
  ForkAfterAuthentication: 'no',
};

/** Any address of this machine, which a `BindAddress` or `BindInterface` of the user's own would narrow. */
const ANY_SOURCE = { ipv4: '0.0.0.0', ipv6: '::' } as const;

/**
 * Returns the options that keep the rest of a user's configuration out of a VM's block.
 *
 * @param address the VM's
 * @param name by which the VM's host key is known
 */
export function sshPins(address: string, name: string): SshOptions {
  const BindAddress = address.includes(':') ? ANY_SOURCE.ipv6 : ANY_SOURCE.ipv4;
  return { HostKeyAlias: name, BindAddress, ...PINS, ...NEWER_PINS };
}
