/**
 * The things that a guest is given and runs, in the order of these keys: for an image that is made of another, at a first
 * boot, in a task.
 */
export interface Provision {
  readonly files?: readonly ProvisionFile[] | undefined;
  /** Installed by the guest's own package manager. */
  readonly packages?: readonly string[] | undefined;
  /** Run as root, one after the other. A path alone is a `file` without arguments. */
  readonly scripts?: readonly (string | ProvisionScript)[] | undefined;
}

/** Either a `file` or an `inline` text, which needs no first line: it is then a shell script. */
export interface ProvisionScript {
  readonly file?: string | undefined;
  readonly inline?: string | undefined;
  readonly arguments?: readonly string[] | undefined;
}

/** A file or folder of this machine at `source`, or a text, that comes to `path` in the guest. */
export interface ProvisionFile {
  readonly path: string;
  readonly source?: string | undefined;
  readonly content?: string | undefined;
  /** Octal: `0644`, which is the default for a text; a source keeps its own. */
  readonly mode?: string | undefined;
}
