/** The kinds of events that a job can be run for. */
export const CI_EVENTS = ['patchset', 'comment', 'merged', 'abandoned', 'ref'] as const;

export const RESULT_FORMATS = ['auto', 'subunit', 'junit', 'tap', 'stestr', 'exit'] as const;

/** What `virtbs ci` watches and runs. */
export interface CiSettings {
  /** The path or URL of the database; the path of the root's where not given. */
  readonly database?: string | undefined;
  /** The path of a file with the URL of the database, which may have a password in it. */
  readonly databaseFile?: string | undefined;
  /** The folder of the logs; that of the root where not given. */
  readonly logs?: string | undefined;
  /** Where the folder of the logs, with the pages, is served. Reports have no address where it is not given. */
  readonly url?: string | undefined;
  /** Jobs that are run at once. */
  readonly workers: number;
  /** The port of 127.0.0.1 where measurements are to be read; none where not given. */
  readonly metrics?: number | undefined;
  readonly gerrit?: GerritSettings | undefined;
  /** Branches of git repositories that are looked at from time to time. */
  readonly branches: readonly CiBranch[];
  /** By name. */
  readonly jobs: Readonly<Record<string, CiJob>>;
}

export interface GerritSettings {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly user?: string | undefined;
  /** The path of a private key. */
  readonly key?: string | undefined;
  /** The path of the file with the host key. */
  readonly knownHosts?: string | undefined;
  readonly url?: string | undefined;
  readonly httpUser?: string | undefined;
  readonly passwordFile?: string | undefined;
  /** Globs of accounts whose patch sets and comments are ignored. */
  readonly ignore: readonly string[];
}

export interface CiBranch {
  readonly project: string;
  /** A URL or a path, as git takes it. */
  readonly url: string;
  /** Patterns of branches. */
  readonly branch: readonly string[];
  /** Milliseconds between two looks. */
  readonly every: number;
}

/** One reason to run a job: an event that fits all that is given. */
export interface CiTrigger {
  /** The kinds of events; patch sets, and comments that fit `comment`, where not given. */
  readonly event?: readonly (typeof CI_EVENTS)[number][];
  /** Globs of projects, `openstack/*`, and with `!` before for those that do not fit. One of each list must fit. */
  readonly project?: readonly string[];
  readonly branch?: readonly string[];
  /** Globs of paths: one file that fits is enough. An event that does not tell its files fits. */
  readonly files?: readonly string[];
  /** Regular expressions for a whole line of a comment; `recheck` where not given. */
  readonly comment?: readonly string[];
  readonly uploader?: readonly string[];
}

export interface CiJob {
  readonly name: string;
  readonly when: readonly CiTrigger[];
  readonly payload?: string | undefined;
  readonly layers?: string | undefined;
  /** `controller:1`; empty for what the project says. */
  readonly topology: readonly string[];
  /** Tasks that make the cluster that the checkout comes to; what the steps want where not given. */
  readonly deploy?: readonly string[] | undefined;
  readonly checkout?: CiCheckout | undefined;
  /** The steps: tasks that are run after the checkout, always. */
  readonly tasks: readonly string[];
  /** A program of this machine and its arguments, which is run after the tasks. */
  readonly run: readonly string[];
  readonly results: { readonly format: (typeof RESULT_FORMATS)[number]; readonly files: readonly string[] };
  /** Patterns of paths by VM or role, or `here`. */
  readonly logs: Readonly<Record<string, readonly string[]>>;
  /** Milliseconds from the lease to the end of the last step. */
  readonly timeout: number;
  /** How often a run that is broken is tried again. */
  readonly retries: number;
  /** Milliseconds for which the slice of a run that failed is kept; 0 for not at all. */
  readonly keep: number;
  readonly vote?: { readonly label: string; readonly pass: number; readonly fail: number } | undefined;
  readonly mail: readonly string[];
  readonly notify: readonly string[];
}

export interface CiCheckout {
  /** A folder of the VMs; the checkout stays on this machine where it is not given. */
  readonly to?: string | undefined;
  /** VMs or roles; all where not given. */
  readonly on: readonly string[];
  /** Folders of the VMs by projects that are beside: a name is always checked out, a glob if the change depends on such a project. */
  readonly projects: Readonly<Record<string, string>>;
  /** Where git fetches from, with `{project}` for the project of the event; as Gerrit or `branches` say where not given. */
  readonly url?: string | undefined;
}

/** Nothing is watched. */
export const DEFAULT_CI: CiSettings = { workers: 2, branches: [], jobs: {} };
