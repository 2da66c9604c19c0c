/** What `virtbs runner` makes for the jobs of a forge. */
export interface RunnerSettings {
  /** Runners at the same time, each in a slice of its own. */
  readonly workers: number;
  readonly layers?: string | undefined;
  /** `plain:1`; empty for what the project says. */
  readonly topology: readonly string[];
  /** The VM, or the role, whose first VM runs the runner; the first VM of the slice where not given. */
  readonly on?: string | undefined;
  /** Tasks that are done before the runner starts; what the project says where not given. */
  readonly deploy?: readonly string[] | undefined;
  /** Milliseconds that a runner lives at most, boot included. */
  readonly ttl: number;
  /** Milliseconds that a runner waits for its job at most. */
  readonly idle: number;
  /** Milliseconds between two looks at the queue. */
  readonly poll: number;
  readonly github?: GithubSettings | undefined;
  readonly forgejo?: ForgejoSettings | undefined;
  readonly gitea?: GiteaSettings | undefined;
}

/** What every forge needs. */
export interface ForgeSettings {
  /** `OWNER/REPOSITORY`, or `OWNER` for an organization. */
  readonly scope: string;
  readonly labels: readonly string[];
  /** The path of a file with the token; of the environment where not given. */
  readonly tokenFile?: string | undefined;
  /** The program of the guest that is the runner. */
  readonly program: string;
}

export interface GithubSettings extends ForgeSettings {
  /** The REST API; another one for an own server: `https://github.example.org/api/v3`. */
  readonly url: string;
  /** Names of repositories whose queues are looked at, where the scope is an organization. */
  readonly repositories: readonly string[];
  /** The number of the group that runners are in; 1 is the one that there always is. */
  readonly group: number;
}

export interface ForgejoSettings extends ForgeSettings {
  /** Where the forge is, as this machine and the VMs reach it. */
  readonly url: string;
}

export type GiteaSettings = ForgejoSettings;

const MINUTE = 60_000;

export const DEFAULT_RUNNER = {
  workers: 2,
  topology: [],
  ttl: 360 * MINUTE,
  idle: 5 * MINUTE,
  poll: MINUTE / 4,
} as const satisfies RunnerSettings;

export const DEFAULT_GITHUB = { url: 'https://api.github.com', group: 1, program: '/opt/actions-runner/run.sh' };

export const DEFAULT_FORGEJO = { program: 'forgejo-runner' };

export const DEFAULT_GITEA = { program: 'gitea-runner' };
