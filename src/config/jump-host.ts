/** The address of this machine for others, who reach the VMs through it. */
export interface JumpHost {
  /** A name or an address. */
  readonly address: string;
  readonly user: string;
  /** 22 where none is given. */
  readonly port?: number | undefined;
}

/** Returns the destination as ssh's ProxyJump takes it: `user@host:port`. Source: ssh_config(5) */
export function jumpDestination({ address, user, port }: JumpHost): string {
  const host = address.includes(':') ? `[${address}]` : address;
  return `${user}@${host}${port === undefined ? '' : `:${port}`}`;
}
