/**
 * How a payload is tried. `test/payloads/NAME.ts` exports one as `trial` for the payload NAME; without that file a payload is
 * tried with the VMs that it says itself, in long runs.
 */
export interface Trial {
  /** The fewest VMs on which its tasks have something to do, as words of `cycle`; without them it is tried in long runs only. */
  readonly fewest?: readonly string[];
  /** A configuration that is laid over the payload; relative to `test/payloads`. */
  readonly over?: string;
  /** What else is tried on the deployed cluster, after what is tried with each payload. */
  readonly more?: Readonly<Record<string, (cluster: Cluster) => Promise<void>>>;
}

/** A deployed payload. */
export interface Cluster {
  /** Has the files of the slice, and a copy of the payload that can be edited. */
  readonly directory: string;
  /** Runs virtbs on it, and returns its standard output; throws where it fails. */
  readonly virtbs: (...words: readonly string[]) => Promise<string>;
  /** Runs a line on a VM as root, and returns what it prints; throws where it fails. */
  readonly on: (vm: string, line: string) => Promise<string>;
  /** Names of its VMs, by their numbers. */
  readonly vms: readonly string[];
}
