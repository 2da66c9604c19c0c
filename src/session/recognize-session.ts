import type { Session } from './session.js';

/** The facts about the asking process that are not in its environment. */
export interface SessionFacts {
  readonly user: string;
  readonly host: string;
  /** The controlling terminal: `pts/3`. */
  readonly tty: string | null;
  /** The shell of the terminal, or whatever leads the process's session. */
  readonly leader: ProcessMark;
}

/** One process, for ever: numbers are used again, also by the next boot of the host. */
export interface ProcessMark {
  readonly pid: number;
  /** Clock ticks between the boot of the host and its start. */
  readonly start: string;
  /** The boot of the host. */
  readonly boot: string;
}

/** The variable by which what a run of `virtbs ci` calls knows that it belongs to it. */
export const CI_SESSION = 'VIRTBS_CI_SESSION';

type Environment = Readonly<Record<string, string | undefined>>;

type Found = Pick<Session, 'kind' | 'id'> & {
  /** The values that tell the executor from others; undefined ones tell nothing. */
  readonly place: readonly (string | undefined)[];
  readonly user?: string | undefined;
  readonly url?: string | undefined;
};

/** The session of a process with that environment. A CI system counts more than the terminal that its agent was started on. */
export function recognizeSession(env: Environment, facts: SessionFacts): Session {
  const variables = withoutEmpty(env);
  const found =
    recognizeOurs(variables) ??
    recognizeJenkins(variables) ??
    recognizeGitlab(variables) ??
    recognizeGithub(variables) ??
    recognizeBuildbot(variables) ??
    recognizeProcess(facts);
  const { kind, id, place, user = facts.user, url = null } = found;
  const known = place.every((part) => part !== undefined);
  // Where the executor is not known, no other run can be said to have followed at it.
  return { kind, id, place: `${kind}:${known ? place.join('/') : id}`, user, host: facts.host, url };
}

/** A run of `virtbs ci`: nothing ever follows it at its place. */
function recognizeOurs({ [CI_SESSION]: id }: Environment): Found | null {
  return id === undefined ? null : { kind: 'ci', id, place: [undefined] };
}

/** Source: https://www.jenkins.io/doc/book/pipeline/jenkinsfile/#using-environment-variables */
function recognizeJenkins(env: Environment): Found | null {
  const { BUILD_TAG: id, BUILD_URL: url } = env;
  if (id === undefined || (url === undefined && env['JENKINS_URL'] === undefined)) return null;
  const executor = env['EXECUTOR_NUMBER'] ?? env['WORKSPACE'];
  const place = [hostOf(env['JENKINS_URL'] ?? url), env['NODE_NAME'], executor];
  return { kind: 'jenkins', id, place, user: env['BUILD_USER_ID'], url };
}

/** A job, not its pipeline: jobs of one pipeline run side by side. Source: https://docs.gitlab.com/ci/variables/predefined_variables/ */
function recognizeGitlab(env: Environment): Found | null {
  const { CI_JOB_URL: url, CI_PIPELINE_ID: pipeline, CI_RUNNER_ID: runner } = env;
  const job = env['CI_JOB_ID'] ?? url?.split('/').at(-1);
  if (job === undefined || (env['GITLAB_CI'] === undefined && url === undefined)) return null;
  const place = [hostOf(env['CI_SERVER_URL'] ?? url), runner, env['CI_CONCURRENT_ID']];
  const id = pipeline === undefined ? job : `${pipeline}/${job}`;
  return { kind: 'gitlab', id, place, user: env['GITLAB_USER_LOGIN'], url };
}

/** Source: https://docs.github.com/en/actions/reference/workflows-and-actions/variables */
function recognizeGithub(env: Environment): Found | null {
  const { GITHUB_RUN_ID: run, GITHUB_REPOSITORY: repository = '', GITHUB_SERVER_URL: server } = env;
  if (run === undefined) return null;
  const attempt = [run, env['GITHUB_RUN_ATTEMPT'] ?? '1'].join('.');
  const id = [repository, attempt, env['GITHUB_JOB']].filter(Boolean).join('/');
  const url = server === undefined ? undefined : `${server}/${repository}/actions/runs/${run}`;
  return { kind: 'github', id, place: [hostOf(server), env['RUNNER_NAME']], user: env['GITHUB_ACTOR'], url };
}

/** Buildbot sets none of these by itself: the `env` of a build's steps gives them, under the names that are usual. */
function recognizeBuildbot(env: Environment): Found | null {
  const { BUILDBOT_BUILDERNAME: builder, BUILDBOT_BUILDNUMBER: number } = env;
  if (builder === undefined || number === undefined) return null;
  const place = [env['BUILDBOT_WORKERNAME'] ?? env['BUILDBOT_SLAVENAME'], builder];
  return { kind: 'buildbot', id: `${builder}/${number}`, place, url: env['BUILDBOT_BUILD_URL'] };
}

/** A shell on a terminal; without one, as in a cron job, whatever leads the session, which nothing ever follows. */
function recognizeProcess({ user, host, tty, leader }: SessionFacts): Found {
  const id = [leader.boot, leader.pid, leader.start].join('.');
  if (tty === null) return { kind: 'process', id, place: [undefined] };
  return { kind: 'terminal', id, place: [`${user}@${host}`, tty] };
}

/** The process that a session of this host ends with; null for those of CI systems, which no process stands for. */
export function sessionLeader({ kind, id }: Session): ProcessMark | null {
  if (kind !== 'terminal' && kind !== 'process') return null;
  const [, boot, pid, start] = /^([^.]+)\.(\d+)\.(\d+)$/.exec(id) ?? [];
  return boot === undefined || start === undefined ? null : { boot, pid: Number(pid), start };
}

function hostOf(url: string | undefined): string | undefined {
  return url !== undefined && URL.canParse(url) ? new URL(url).host : undefined;
}

function withoutEmpty(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
}
