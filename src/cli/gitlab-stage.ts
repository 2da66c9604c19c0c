import type { GitlabJob } from '../worker/gitlab-job.js';
import type { Workplace } from '../workplace/workplace.js';
import type { GlobalArguments, RunContext } from './command.js';

/**
 * Works as a stage of GitLab's custom executor: in a workplace whose session is the job's. A failure is told on stderr, which the
 * log of the job shows, and is one of what the job needs, not of the job.
 *
 * @returns the exit code that GitLab's runner wants
 */
export async function gitlabStage(
  args: GlobalArguments,
  context: RunContext,
  work: (place: Workplace, job: GitlabJob) => Promise<number>,
): Promise<number> {
  const [{ asGitlabJob, readGitlabJob }, { stageExitCode }, { inWorkplace }, { reportError }] = await Promise.all([
    import('../worker/gitlab-job.js'),
    import('../worker/stage-exit-code.js'),
    import('./in-workplace.js'),
    import('./report-error.js'),
  ]);
  try {
    const job = await readGitlabJob(context.env);
    return await inWorkplace(args, asGitlabJob(context, job), async (place) => work(place, job));
  } catch (error) {
    const output = { json: false, progress: args.progress === 'json' };
    await reportError(error, { ...context, output, answered: true });
    return stageExitCode('system', context.env);
  }
}
