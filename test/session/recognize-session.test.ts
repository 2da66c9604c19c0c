import t from 'tap';
import { recognizeSession, sessionLeader, type SessionFacts } from '../../src/session/recognize-session.js';
import { isOtherRun, isSameRun } from '../../src/session/session.js';
import { showSession } from '../../src/session/show-session.js';

const FACTS: SessionFacts = {
  user: 'alice',
  host: 'build1',
  tty: 'pts/3',
  leader: { pid: 4711, start: '99', boot: '8f2c0a1b' },
};

const JENKINS = {
  BUILD_TAG: 'jenkins-nightly-42',
  BUILD_URL: 'https://ci.example.org/job/nightly/42/',
  NODE_NAME: 'big',
  EXECUTOR_NUMBER: '3',
  WORKSPACE: '/w/nightly',
};
const GITLAB = {
  GITLAB_CI: 'true',
  CI_JOB_ID: '77',
  CI_JOB_URL: 'https://gitlab.example.org/a/b/-/jobs/77',
  CI_PIPELINE_ID: '12',
  CI_RUNNER_ID: '5',
  CI_CONCURRENT_ID: '0',
  GITLAB_USER_LOGIN: 'bob',
};
const GITHUB = {
  GITHUB_RUN_ID: '900',
  GITHUB_RUN_ATTEMPT: '2',
  GITHUB_JOB: 'test',
  GITHUB_REPOSITORY: 'a/b',
  GITHUB_SERVER_URL: 'https://github.com',
  GITHUB_ACTOR: 'carol',
  RUNNER_NAME: 'big-1',
};
const BUILDBOT = {
  BUILDBOT_BUILDERNAME: 'full',
  BUILDBOT_BUILDNUMBER: '8',
  BUILDBOT_WORKERNAME: 'big',
  BUILDBOT_BUILD_URL: 'https://bb.example.org/#/builders/1/builds/8',
};

const RECOGNIZED = [
  [
    JENKINS,
    {
      kind: 'jenkins',
      id: 'jenkins-nightly-42',
      place: 'jenkins:ci.example.org/big/3',
      user: 'alice',
      url: JENKINS.BUILD_URL,
    },
    'jenkins-nightly-42',
  ],
  [
    GITLAB,
    { kind: 'gitlab', id: '12/77', place: 'gitlab:gitlab.example.org/5/0', user: 'bob', url: GITLAB.CI_JOB_URL },
    'gitlab 12/77',
  ],
  [
    GITHUB,
    {
      kind: 'github',
      id: 'a/b/900.2/test',
      place: 'github:github.com/big-1',
      user: 'carol',
      url: 'https://github.com/a/b/actions/runs/900',
    },
    'github a/b/900.2/test',
  ],
  [
    BUILDBOT,
    { kind: 'buildbot', id: 'full/8', place: 'buildbot:big/full', user: 'alice', url: BUILDBOT.BUILDBOT_BUILD_URL },
    'buildbot full/8',
  ],
  [
    {},
    { kind: 'terminal', id: '8f2c0a1b.4711.99', place: 'terminal:alice@build1/pts/3', user: 'alice', url: null },
    'alice@build1 pts/3',
  ],
] as const;

for (const [env, expected, shown] of RECOGNIZED) {
  t.test(`${expected.kind} is recognized from its environment`, async (t) => {
    const session = recognizeSession(env, FACTS);
    t.strictSame(session, { ...expected, host: 'build1' });
    t.equal(showSession(session), shown);
  });
}

/** The same executor's next run, one beside it, and the same run asked again. */
const NEXT = [
  [JENKINS, { BUILD_TAG: 'jenkins-nightly-43' }, { EXECUTOR_NUMBER: '4' }, { WORKSPACE: '/w/nightly/sub' }],
  [GITLAB, { CI_JOB_ID: '78' }, { CI_CONCURRENT_ID: '1' }, { CI_JOB_STAGE: 'other' }],
  [GITHUB, { GITHUB_RUN_ATTEMPT: '3' }, { RUNNER_NAME: 'big-2' }, { GITHUB_ACTION: 'step2' }],
  [BUILDBOT, { BUILDBOT_BUILDNUMBER: '9' }, { BUILDBOT_WORKERNAME: 'small' }, { CI: 'true' }],
] as const;

for (const [env, next, beside, again] of NEXT) {
  const session = recognizeSession(env, FACTS);
  t.test(`${session.kind}: the next run of an executor follows this one, a run beside it does not`, async (t) => {
    const other = (changes: Readonly<Record<string, string>>) => recognizeSession({ ...env, ...changes }, FACTS);
    t.equal(isOtherRun(session, other(next)), true);
    t.equal(isOtherRun(session, other(beside)), false);
    t.equal(isSameRun(session, other(beside)), false);
    t.equal(isSameRun(session, other(again)), true);
  });
}

t.test('where the executor is not known, no run follows another', async (t) => {
  for (const [env, missing] of [
    [JENKINS, ['NODE_NAME']],
    [JENKINS, ['EXECUTOR_NUMBER', 'WORKSPACE']],
    [GITLAB, ['CI_CONCURRENT_ID']],
    [GITHUB, ['RUNNER_NAME']],
    [BUILDBOT, ['BUILDBOT_WORKERNAME']],
  ] as const) {
    const without = Object.fromEntries(missing.map((name) => [name, '']));
    const session = recognizeSession({ ...env, ...without }, FACTS);
    t.equal(session.place, `${session.kind}:${session.id}`, missing.join());
  }
  const { EXECUTOR_NUMBER: _, ...workspace } = JENKINS;
  t.match(recognizeSession(workspace, FACTS).place, /\/w\/nightly$/, 'a workspace is one executor’s at a time');
});

t.test('a new shell on a terminal follows the old one; a terminal of somebody else is another place', async (t) => {
  const session = recognizeSession({}, FACTS);
  t.strictSame(sessionLeader(session), FACTS.leader);
  const shell = recognizeSession({}, { ...FACTS, leader: { ...FACTS.leader, pid: 4800 } });
  t.equal(isOtherRun(session, shell), true);
  t.equal(isOtherRun(session, recognizeSession({}, { ...FACTS, user: 'bob' })), false);
  const cron = recognizeSession({}, { ...FACTS, tty: null });
  t.match(cron, { kind: 'process', place: `process:${cron.id}` });
  t.equal(sessionLeader(recognizeSession(JENKINS, FACTS)), null);
});

t.test('BUILD_TAG alone, or variables without content, are no CI system', async (t) => {
  t.equal(recognizeSession({ BUILD_TAG: 'v1.2' }, FACTS).kind, 'terminal');
  t.equal(recognizeSession({ ...JENKINS, BUILD_TAG: '' }, FACTS).kind, 'terminal');
  t.equal(recognizeSession({ ...GITHUB, GITHUB_RUN_ID: '' }, FACTS).kind, 'terminal');
});
