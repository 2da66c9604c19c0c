import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { describeSession } from '../../src/workplace/describe-session.js';
import { asGitlabJob, readGitlabJob } from '../../src/worker/gitlab-job.js';
import { stageExitCode } from '../../src/worker/stage-exit-code.js';
import { virtbsFailure } from '../image/virtbs-failure.js';

const JOB = {
  id: 4711,
  token: 'job-token',
  git_info: { repo_url: 'https://gitlab-ci-token:job-token@gitlab.example.com/team/app.git' },
  runner_info: { timeout: 3600 },
  variables: [{ key: 'CI_JOB_ID', value: '1' }],
};

async function writeJob(t: Test, content: string): Promise<string> {
  const path = join(t.testdir(), 'response.json');
  await writeFile(path, content);
  return path;
}

t.test('a job is what the runner says, whatever variables a job sets', async (t) => {
  const path = await writeJob(t, JSON.stringify(JOB));
  const env = {
    JOB_RESPONSE_FILE: path,
    CUSTOM_ENV_CI_JOB_ID: '1',
    CI_JOB_ID: '2',
    CI_PIPELINE_ID: '3',
    BUILD_TAG: 'jenkins-1',
    BUILD_URL: 'https://ci.example.org/1',
    GITHUB_RUN_ID: '9',
  };
  const job = await readGitlabJob(env);
  t.strictSame(job, { id: 4711, server: 'gitlab.example.com', timeout: 3_600_000 });
  const session = await describeSession(asGitlabJob({ env }, job));
  t.match(session, { kind: 'gitlab', id: 'gitlab.example.com/4711', place: 'gitlab:gitlab.example.com/4711' });
  const other = await describeSession(asGitlabJob({ env }, { ...job, server: 'gitlab.example.org' }));
  t.not(other.id, session.id, 'servers count their jobs each from 1');
});

t.test('a job without a time or a source is one, too', async (t) => {
  const JOB_RESPONSE_FILE = await writeJob(t, JSON.stringify({ id: 5, git_info: {}, runner_info: { timeout: 0 } }));
  t.strictSame(await readGitlabJob({ JOB_RESPONSE_FILE }), { id: 5, server: 'gitlab', timeout: null });
});

t.test('what is no stage is refused, and nothing of a job is shown', async (t) => {
  t.match(await virtbsFailure(readGitlabJob({})), { code: 'usage', hint: /docs\/workers\.md/ });
  for (const content of ['{"token": "job-token"', JSON.stringify({ token: 'job-token' }), '{"id": "1; job-token"}']) {
    const failure = await virtbsFailure(readGitlabJob({ JOB_RESPONSE_FILE: await writeJob(t, content) }));
    t.match(failure, { code: 'file-unreadable', message: /^JOB_RESPONSE_FILE: \/.* cannot be used: it / });
    t.notMatch(`${failure.message} ${String(failure.cause)}`, 'job-token');
  }
});

t.test('the codes of a stage are those that the runner names', async (t) => {
  const env = { BUILD_FAILURE_EXIT_CODE: '11', SYSTEM_FAILURE_EXIT_CODE: '22' };
  t.strictSame([stageExitCode('passed', env), stageExitCode('job', env), stageExitCode('system', env)], [0, 11, 22]);
  for (const none of ['', '0', '256', '1.5', 'x']) {
    t.strictSame(
      [
        stageExitCode('job', { BUILD_FAILURE_EXIT_CODE: none }),
        stageExitCode('system', { SYSTEM_FAILURE_EXIT_CODE: none }),
      ],
      [1, 2],
    );
  }
});
