import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { DEFAULT_FORGEJO, DEFAULT_GITEA, DEFAULT_GITHUB } from '../../src/config/runner-settings.js';
import type { VirtbsEvent } from '../../src/events.js';
import { RUNNER_TOKEN } from '../../src/process/secret-variables.js';
import type { Forge } from '../../src/worker/forge/forge.js';
import { ForgeError } from '../../src/worker/forge/forge-error.js';
import { openForge } from '../../src/worker/forge/open-forge.js';
import { explainForgeError, watchRunners, type WatchRunnersOptions } from '../../src/worker/runner/watch-runners.js';
import { ForgeServer, handleOf, REGISTRATION, TOKEN } from './forge-server.js';
import { DONE, StandInSlices, untilAborted, type StandInWork } from './stand-in-slices.js';

const PREFIX = 'virtbs-0a1b2c3d-';

/** A forge, slices in memory, and what was told. */
class Bench implements AsyncDisposable {
  readonly server: ForgeServer;
  readonly slices: StandInSlices;
  readonly forge: Forge;
  readonly told: string[] = [];
  readonly ending = new AbortController();

  private constructor(server: ForgeServer, forge: Forge, slices: StandInSlices) {
    [this.server, this.forge, this.slices] = [server, forge, slices];
  }

  static async open(name: Forge['name'], work: (server: ForgeServer) => StandInWork): Promise<Bench> {
    const server = await ForgeServer.open();
    const common = { scope: 'team/app', labels: name === 'github' ? ['self-hosted', 'virtbs'] : ['virtbs:host'] };
    const github = { ...DEFAULT_GITHUB, ...common, url: `${server.url}/github`, repositories: [] };
    const forgejo = { ...DEFAULT_FORGEJO, ...common, url: `${server.url}/forgejo/` };
    const gitea = { ...DEFAULT_GITEA, ...common, url: `${server.url}/gitea/` };
    const forge = await openForge(name, { github, forgejo, gitea }, { [RUNNER_TOKEN]: TOKEN });
    return new Bench(server, forge, new StandInSlices(work(server)));
  }

  async watch(options: Partial<WatchRunnersOptions> = {}): Promise<void> {
    const emit = (event: VirtbsEvent): void => {
      if (event.type === 'note' || event.type === 'warning') this.told.push(event.message);
    };
    const limits = { workers: 2, ttl: 60_000, idle: 60_000, poll: 5, untilIdle: true };
    const { forge, slices } = this;
    await watchRunners({ ...limits, prefix: PREFIX, forge, slices, emit, signal: this.ending.signal, ...options });
  }

  /** All that was told, without what differs from run to run. */
  get words(): readonly string[] {
    return this.told.map((line) => line.replaceAll(/virtbs-[\da-f]{8}-[\da-f]{8}/g, 'RUNNER'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.forge[Symbol.asyncDispose]();
    await this.server[Symbol.asyncDispose]();
  }
}

/** Does a job of the forge, if there is one, and takes the time of some looks for it. */
const worker =
  (server: ForgeServer, milliseconds = 30): StandInWork =>
  async (name) => {
    server.take(name);
    await sleep(milliseconds);
    server.finish(name);
    return DONE;
  };

function assertNothingLeft(t: Test, { server, slices, told }: Bench): void {
  t.strictSame(server.runners, [], 'no entry is left');
  t.strictSame([...slices.standing.keys()], [], 'no slice is left');
  for (const secret of [TOKEN, REGISTRATION, 'c2VjcmV0']) t.notMatch(told.join('\n'), secret);
}

const FORGES = ['github', 'forgejo', 'gitea'] as const;

for (const name of FORGES) {
  t.test(`${name}: a job that waits gets a runner in a slice, and all is gone when it is done`, async (t) => {
    await using bench = await Bench.open(name, (server) => async (runner, signal) => {
      t.match(bench.slices.standing.get(runner), server.runner(runner).secret, 'the guest is given the secret');
      return await worker(server)(runner, signal);
    });
    const { server } = bench;
    server.addRunner('somebody-else');
    for (let other = 0; other < 3; other++) server.addRunner(`persistent-${other}`);
    const labels = name === 'github' ? ['Self-Hosted', 'virtbs'] : ['virtbs'];
    const [job] = [server.addJob('build', ...labels), server.addJob('elsewhere', 'macos'), server.addJob('none')];
    await bench.watch();
    t.equal(job.status, 'completed');
    t.strictSame(bench.words, [
      `RUNNER: made for team/app build ${job.id}`,
      ...(bench.words.includes('RUNNER: does a job') ? ['RUNNER: does a job'] : []),
      'RUNNER: gone',
    ]);
    t.equal(server.runners.length, 4, 'runners of others stay');
    server.runners.length = 0;
    assertNothingLeft(t, bench);
  });
}

t.test('GitHub is asked as its documentation says', async (t) => {
  await using bench = await Bench.open('github', worker);
  const { server, slices } = bench;
  server.addJob('build', 'virtbs');
  let start = '';
  const make = slices.make.bind(slices);
  slices.make = async (name, lines) => {
    start = lines;
    await make(name, lines);
  };
  await bench.watch();
  const lines = new Set(server.requests.map(({ line }) => line.replace(/runs\/\d+/, 'runs/ID')));
  t.strictSame([...lines].slice(0, 4), [
    'GET /github/repos/team/app/actions/runners?per_page=100&page=1',
    'GET /github/repos/team/app/actions/runs?status=queued&per_page=100&page=1',
    'GET /github/repos/team/app/actions/runs/ID/jobs?filter=latest&per_page=100&page=1',
    'GET /github/repos/team/app/actions/runs?status=in_progress&per_page=100&page=1',
  ]);
  const made = server.requests.find(({ line }) => line.startsWith('POST '));
  t.match(made, {
    line: 'POST /github/repos/team/app/actions/runners/generate-jitconfig',
    body: { name: /^virtbs-0a1b2c3d-[\da-f]{8}$/, runner_group_id: 1, labels: ['self-hosted', 'virtbs'] },
    headers: { accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28', 'user-agent': 'virtbs' },
  });
  t.match(start, /^ACTIONS_RUNNER_INPUT_JITCONFIG=c2VjcmV0\d+\nexport .*\nexec \/opt\/actions-runner\/run\.sh\n$/);
});

t.test('a runner of Forgejo asks for the job that it was made for, and its token is in no argument', async (t) => {
  await using bench = await Bench.open('forgejo', (server) => async (name, signal) => {
    starts.push(bench.slices.standing.get(name) ?? '');
    return await worker(server)(name, signal);
  });
  const starts: string[] = [];
  const { server } = bench;
  const job = server.addJob('build', 'virtbs');
  await bench.watch();
  const [start = ''] = starts;
  const [write, run] = start.split('\n');
  t.match(write, /^printf %s c2VjcmV0\d+ >"\$HOME"\/\.virtbs-runner\/token \|\| exit$/);
  t.match(run, new RegExp(`^exec forgejo-runner one-job --wait --url ${server.url}/forgejo/ --uuid [\\da-f-]{36} `));
  t.match(run, `--handle ${handleOf(job.id)} --label virtbs:host --token-url file://"$HOME"/.virtbs-runner/token`);
  t.notMatch(run, 'c2VjcmV0');
});

t.test('a runner of Gitea is registered from here: its guest gets what is good for one job only', async (t) => {
  await using bench = await Bench.open('gitea', (server) => async (name, signal) => {
    starts.push(bench.slices.standing.get(name) ?? '');
    return await worker(server)(name, signal);
  });
  const starts: string[] = [];
  const { server } = bench;
  server.addJob('build', 'virtbs');
  await bench.watch();
  const asked = server.requests.find(({ line }) => line.endsWith('/Register'));
  t.match(asked, {
    line: 'POST /gitea/api/actions/runner.v1.RunnerService/Register',
    headers: { 'content-type': 'application/json' },
    body: { name: /^virtbs-0a1b2c3d-/, token: REGISTRATION, labels: ['virtbs'], ephemeral: true },
  });
  const [start = ''] = starts;
  t.notMatch(start, REGISTRATION);
  t.match(
    start,
    /^cd "\$HOME"\/\.virtbs-runner \|\| exit\nprintf '%s\\n' '.*' >\.runner \|\| exit\nexec gitea-runner daemon\n$/,
  );
  const entry: unknown = JSON.parse(/'(\{.*\})'/.exec(start)?.[1] ?? '');
  t.match(entry, {
    ...{ id: 101, uuid: /^[\da-f-]{36}$/, name: /^virtbs-0a1b2c3d-/, token: /^c2VjcmV0/ },
    ...{ address: `${server.url}/gitea`, labels: ['virtbs:host'], ephemeral: true },
  });
});

t.test('a Gitea says of a silent runner that it is not busy; what it does is asked for', async (t) => {
  await using bench = await Bench.open('gitea', (forge) => async (name) => {
    forge.isSilent = true;
    return await worker(forge, 900)(name, new AbortController().signal);
  });
  const job = bench.server.addJob('build', 'virtbs');
  await bench.watch({ idle: 300 });
  t.equal(job.status, 'completed');
  t.strictSame(bench.words.slice(1), ['RUNNER: does a job', 'RUNNER: gone']);
  assertNothingLeft(t, bench);
});

t.test('a Gitea that makes no runners for one job is refused, and no entry is left', async (t) => {
  await using bench = await Bench.open('gitea', worker);
  const { server } = bench;
  server.hasEphemeral = false;
  server.addJob('build', 'virtbs');
  const failure: unknown = await bench.watch().catch((error: unknown) => error);
  t.match(failure, { code: 'runner-failed', message: /it makes no runners that do one job$/ });
  assertNothingLeft(t, bench);
});

t.test('there are no more runners than asked for, and every job gets one', async (t) => {
  for (const name of FORGES) {
    await using bench = await Bench.open(name, worker);
    const { server, slices } = bench;
    for (let count = 0; count < 5; count++) server.addJob(`build-${count}`, 'virtbs');
    await bench.watch({ workers: 2 });
    t.ok(server.jobs.every(({ status }) => status === 'completed'));
    t.equal(slices.most, 2);
    assertNothingLeft(t, bench);
  }
});

t.test('a runner that nobody gives a job, and one that never connects, are ended', async (t) => {
  await using bench = await Bench.open('github', (server) => async (name, signal) => {
    if (server.jobs[0]?.name === 'taken') server.runner(name).isOnline = true;
    for (const job of server.jobs) job.status = 'completed';
    return await untilAborted(signal);
  });
  const { server } = bench;
  server.addJob('taken', 'virtbs');
  await bench.watch({ idle: 20 });
  t.match(bench.words, ['RUNNER: made for team/app taken 100', 'RUNNER: no job came: it is ended', 'RUNNER: gone']);
  assertNothingLeft(t, bench);
  server.jobs.length = 0;
  server.addJob('silent', 'virtbs');
  await bench.watch({ idle: 20 });
  t.match(bench.words.slice(3), [/silent/, 'RUNNER: not connected: it is ended', 'RUNNER: gone']);
  assertNothingLeft(t, bench);
});

t.test('a runner that fails before its job is told with its last lines, and made again after a pause', async (t) => {
  let tries = 0;
  await using bench = await Bench.open('forgejo', (server) => async (name, signal) => {
    tries += 1;
    return tries > 2 ? await worker(server)(name, signal) : { code: 127, words: ['forgejo-runner: not found'] };
  });
  const { server } = bench;
  server.addJob('build', 'virtbs');
  await bench.watch();
  t.match(bench.words[1], 'RUNNER: the runner ended with exit code 127\nforgejo-runner: not found');
  t.equal(tries, 3);
  assertNothingLeft(t, bench);
});

t.test('once: jobs whose runners fail again and again are given up, and all others are done', async (t) => {
  for (const name of FORGES) {
    let tries = 0;
    await using bench = await Bench.open(name, (server) => async (runner, signal) => {
      if (server.jobs.some(({ status, name: job }) => status === 'queued' && job === 'good')) {
        return await worker(server)(runner, signal);
      }
      tries += 1;
      return { code: 127, words: ['it says', 'no such program'] };
    });
    const { server } = bench;
    const good = server.addJob('good', 'virtbs');
    for (const job of ['bad', 'worse']) server.addJob(job, 'virtbs');
    const failure: unknown = await bench.watch().catch((error: unknown) => error);
    t.match(failure, { code: 'runner-failed', exitCode: 1 });
    const [head = '', ...jobs] = String(failure).split('\n  ');
    t.match(head, /: 2 jobs still wait, as 3 runners for each have failed$/);
    const said = 'the runner ended with exit code 127: no such program';
    t.strictSame(jobs.sort(), [`team/app bad 101: ${said}`, `team/app worse 102: ${said}`]);
    t.equal(good.status, 'completed');
    t.equal(tries, 6, 'no job has more runners than that');
    assertNothingLeft(t, bench);
  }
});

t.test('once: a job that its runners never get, and slices that cannot be made, come to an end', async (t) => {
  await using bench = await Bench.open('github', () => async (_, signal) => await untilAborted(signal));
  const { server, slices } = bench;
  server.addJob('stuck', 'virtbs');
  t.match(await bench.watch({ idle: 10 }).catch((error: unknown) => error), {
    message: /^1 job still waits.*\n {2}team\/app stuck 100: no job came to the runner$/,
  });
  assertNothingLeft(t, bench);
  slices.make = async () => {
    throw new Error('no slice from 1 to 15 is free');
  };
  t.match(await bench.watch().catch((error: unknown) => error), { message: /: no slice from 1 to 15 is free$/ });
  assertNothingLeft(t, bench);
});

t.test('once: a forge that stays away is an error; without it, it is asked for ever', async (t) => {
  await using bench = await Bench.open('github', worker);
  const { server } = bench;
  const away = (count: number): void =>
    void server.failures.push(...Array.from({ length: count }, () => ({ status: 503 })));
  away(5);
  t.match(explainForgeError(await bench.watch().catch((error: unknown) => error)), { message: /: 503$/ });
  t.strictSame(server.failures, [], 'it was asked five times');
  away(20);
  const ended = bench.watch({ untilIdle: false });
  while (server.failures.length > 0) await sleep(5);
  bench.ending.abort();
  t.equal(await ended, undefined);
});

t.test('a slice that cannot be made leaves no entry', async (t) => {
  await using bench = await Bench.open('github', worker);
  const { server, slices } = bench;
  server.addJob('build', 'virtbs');
  const make = slices.make.bind(slices);
  slices.make = async () => {
    slices.make = make;
    throw new Error('no slice from 1 to 15 is free');
  };
  await bench.watch();
  t.match(bench.words, [
    'RUNNER: made for team/app build 100',
    'RUNNER: no slice from 1 to 15 is free',
    'RUNNER: gone',
  ]);
  assertNothingLeft(t, bench);
});

t.test('a forge that is away for a while is asked again; one that refuses at once is an error', async (t) => {
  await using bench = await Bench.open('github', worker);
  const { server } = bench;
  server.addJob('build', 'virtbs');
  server.failures.push(
    { status: 503 },
    { status: 429, headers: { 'retry-after': '0' }, body: { message: 'slow down' } },
  );
  await bench.watch();
  t.match(bench.words[0], /^GET 127\.0\.0\.1:\d+\/github\/repos\/team\/app\/actions\/runners: 503; it is asked again$/);
  t.match(bench.words[1], '429: slow down; it is asked again');
  assertNothingLeft(t, bench);

  server.failures.push({ status: 401, body: { message: 'Bad credentials' } });
  const failure = explainForgeError(await bench.watch().catch((error: unknown) => error));
  t.match(failure, { code: 'forge-failed', message: /401: Bad credentials$/, hint: /see the token/ });
  server.failures.push({ status: 302, headers: { location: 'http://127.0.0.1:1/' } });
  t.match(explainForgeError(await bench.watch().catch((error: unknown) => error)), { hint: /see the url/ });
  const reset = String(Math.ceil(Date.now() / 1000) + 30);
  server.failures.push({ status: 403, headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset } });
  const limited = await bench.forge.runners('', new AbortController().signal).catch((error: unknown) => error);
  t.ok(
    limited instanceof ForgeError && limited.passes && limited.retryAfter > 20_000,
    'GitHub says when to come again',
  );
});

t.test('an answer that is not what is documented shows nothing of itself', async (t) => {
  await using bench = await Bench.open('forgejo', worker);
  const { server, forge } = bench;
  const { signal } = new AbortController();
  const job = { key: '1', label: 'job' };
  server.failures.push({ status: 201, body: { id: 1, uuid: 'none', token: 'c2VjcmV0' } });
  const failure = await forge.register('name', job, signal).catch((error: unknown) => error);
  t.match(failure, { message: /the answer is not what is documented, at uuid$/ });
  t.notMatch(String(failure), 'c2VjcmV0');
});

t.test('what a killed process has left is taken over, or ended', async (t) => {
  await using bench = await Bench.open('github', worker);
  const { server, slices } = bench;
  const [whole, half, stray] = ['whole', 'half', 'stray'].map((word) => `${PREFIX}${word}`) as [string, string, string];
  for (const name of [whole, half, stray, 'virtbs-ffffffff-other']) server.addRunner(name);
  const job = server.addJob('build', 'virtbs');
  slices.standing.set(whole, 'start').set(half, 'start');
  slices.leftBehind = [
    { name: whole, isWhole: true, expires: Date.now() + 60_000 },
    { name: half, isWhole: false, expires: null },
  ];
  await bench.watch();
  t.equal(job.status, 'completed', 'the one that stands does the job');
  t.strictSame(
    // A runner that is quick is not seen at work.
    bench.told.filter((line) => line !== `${whole}: does a job`).sort(),
    [
      `${half}: what an earlier process had begun is wiped`,
      `${half}: a stray entry is removed`,
      `${stray}: a stray entry is removed`,
      `${whole}: taken over from an earlier process`,
      `${whole}: gone`,
    ].sort(),
  );
  t.strictSame(slices.ended.sort(), [half, whole]);
  t.match(server.runners, [{ name: 'virtbs-ffffffff-other' }], 'those of another process stay');
});

t.test('to be told to end ends all; a runner lives no longer than its time', async (t) => {
  await using bench = await Bench.open('github', (server) => async (name, signal) => {
    server.runner(name).isOnline = true;
    begun.push(name);
    if (begun.length === 2) bench.ending.abort();
    return await untilAborted(signal);
  });
  const begun: string[] = [];
  const { server } = bench;
  for (let count = 0; count < 2; count++) server.addJob(`build-${count}`, 'virtbs');
  await bench.watch({ untilIdle: false });
  t.equal(begun.length, 2);
  assertNothingLeft(t, bench);

  await using late = await Bench.open('forgejo', (forge) => async (name, signal) => {
    forge.take(name);
    return await untilAborted(signal);
  });
  const job = late.server.addJob('endless', 'virtbs');
  const timer = setInterval(() => {
    // Forgejo itself ends a job whose runner is silent.
    if (late.slices.ended.length > 0) job.status = 'completed';
    for (const runner of late.server.runners) if (job.status === 'completed') Object.assign(runner, { job: null });
  }, 5);
  t.teardown(() => clearInterval(timer));
  await late.watch({ ttl: 50 });
  t.match(
    late.words.find((line) => line.includes('time is over')),
    'RUNNER: its time is over',
  );
  t.strictSame([...late.slices.standing.keys()], []);
});
