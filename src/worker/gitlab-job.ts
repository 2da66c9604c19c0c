import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { VirtbsError } from '../errors.js';
import type { WorkplaceSettings } from '../workplace/workplace-settings.js';

/** The job that GitLab's runner works on, as the runner itself says it: a job cannot change any of this. */
export interface GitlabJob {
  /** The id of the job at its server. */
  readonly id: number;
  /** The host of the server. */
  readonly server: string;
  /** Milliseconds that the job may take; null where the runner does not say it. */
  readonly timeout: number | null;
}

/**
 * The members of the job's description that no variable of a job can replace.
 *
 * Source: https://docs.gitlab.com/runner/executors/custom/ (JOB_RESPONSE_FILE)
 */
const schema = z.object({
  id: z.int().positive(),
  git_info: z.object({ repo_url: z.url() }).optional().catch(undefined),
  runner_info: z.object({ timeout: z.number().positive() }).optional().catch(undefined),
});

/** Variables by which a run of another CI system, or a job inside of the job, would be recognized. */
const FOREIGN = /^(?:CI_|GITLAB_|GITHUB_|BUILDBOT_|BUILD_TAG$|BUILD_URL$|JENKINS_URL$|VIRTBS_SLICE$)/;

/**
 * Reads the job from the file that the runner writes for each stage. `CUSTOM_ENV_*` tells the same, but a job can set it.
 *
 * @throws VirtbsError `usage` where this is no stage of the custom executor, `file-unreadable`
 */
export async function readGitlabJob(env: WorkplaceSettings['env']): Promise<GitlabJob> {
  const { JOB_RESPONSE_FILE: path = '' } = env;
  if (path === '') {
    throw new VirtbsError(
      'usage',
      'JOB_RESPONSE_FILE is not set: this command is a stage of GitLab’s custom executor',
      {
        hint: 'name it in [runners.custom] of config.toml, with GitLab Runner 14.2 or later; docs/workers.md',
      },
    );
  }
  const parsed = schema.safeParse(await readJson(path));
  if (!parsed.success) throw unreadable(path, 'it describes no job');
  const { id, git_info: git, runner_info: runner } = parsed.data;
  const server = git ? new URL(git.repo_url).host : 'gitlab';
  return { id, server, timeout: runner ? runner.timeout * 1000 : null };
}

/** Returns settings in which the session is the job's: the stages of a job find each other by it. */
export function asGitlabJob<S extends Pick<WorkplaceSettings, 'env'>>(settings: S, { id, server }: GitlabJob): S {
  const own = Object.entries(settings.env).filter(([name]) => !FOREIGN.test(name));
  return { ...settings, env: { ...Object.fromEntries(own), GITLAB_CI: 'true', CI_JOB_ID: `${server}/${id}` } };
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    // What the file has is the job's secrets: nothing of it is shown.
    throw unreadable(path, error instanceof SyntaxError ? 'it is no JSON' : String(error), error);
  }
}

function unreadable(path: string, reason: string, cause?: unknown): VirtbsError {
  return new VirtbsError('file-unreadable', `JOB_RESPONSE_FILE: ${path} cannot be used: ${reason}`, {
    hint: 'GitLab Runner writes it for each stage of a job',
    ...(!(cause instanceof SyntaxError) && { cause }),
  });
}
