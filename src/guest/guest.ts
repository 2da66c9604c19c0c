/** A VM as ssh knows it. */
export interface Guest {
  /** Path of the slice's ssh configuration. */
  readonly sshConfig: string;
  readonly hostname: string;
  /** True for the machine where virtbs runs: nothing is sent over ssh. */
  readonly local?: boolean | undefined;
  /** Socket of a connection that is held open for it: see `openConnection`. */
  readonly connection?: string | undefined;
}
