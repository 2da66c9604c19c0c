/** This machine as others reach it: VMs are behind it for them. */
export interface JumpHost {
  /** A name or an address. */
  readonly address: string;
  readonly user: string;
  /** 22 where none is given. */
  readonly port?: number | undefined;
}

/** As ssh's ProxyJump takes it: `user@host:port`. Source: ssh_config(5) */
export function jumpDestination({ address, user, port }: JumpHost): string {
  const host = address.includes(':') ? `[${address}]` : address;
  return `${user}@${host}${port === undefined ? '' : `:${port}`}`;
}
