import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { packageDirectory } from '../../src/package-directory.js';
import { noLab, run, runVirtbs, type Ending } from './run-virtbs.js';

const skip = noLab;
const SECRET = 'job-token-of-the-test';
const CODES = { BUILD_FAILURE_EXIT_CODE: '11', SYSTEM_FAILURE_EXIT_CODE: '22' };

/** Calls the stages of one job as GitLab Runner does: with its environment, and what a job may set. */
class Job {
  readonly #directory: string;
  readonly #response: string;
  readonly #exitCode: string;

  private constructor(directory: string, id: number) {
    this.#directory = directory;
    this.#response = join(directory, `response-${id}.json`);
    this.#exitCode = join(directory, `exit-code-${id}`);
  }

  static async begin(directory: string, id: number): Promise<Job> {
    const job = new Job(directory, id);
    const description = {
      id,
      token: SECRET,
      git_info: { repo_url: `https://gitlab-ci-token:${SECRET}@gitlab.example.com/team/app.git` },
      runner_info: { timeout: 600 },
      variables: [{ key: 'CI_JOB_ID', value: '1' }],
    };
    await writeFile(job.#response, JSON.stringify(description), { mode: 0o600 });
    return job;
  }

  async stage(...args: readonly string[]): Promise<Ending> {
    const env = {
      ...CODES,
      JOB_RESPONSE_FILE: this.#response,
      BUILD_EXIT_CODE_FILE: this.#exitCode,
      CUSTOM_ENV_CI_JOB_ID: '999',
      CUSTOM_ENV_CI_JOB_TOKEN: SECRET,
    };
    const virtbs = [process.execPath, join(await packageDirectory(), 'bin', 'virtbs')];
    const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    return await run(this.#directory, ['env', ...variables, ...virtbs, 'gitlab', ...args]);
  }

  /** Runs a script as the runner writes it. */
  async script(content: string, name = 'build_script'): Promise<Ending> {
    const path = join(this.#directory, 'script');
    await writeFile(path, `#!/usr/bin/env bash\n${content}\n`);
    await chmod(path, 0o700);
    await rm(this.#exitCode, { force: true });
    return await this.stage('run', path, name);
  }

  /** What the runner is told of how the script ended; undefined where nothing. */
  async exitCode(): Promise<string | undefined> {
    return await readFile(this.#exitCode, 'utf8').catch(() => undefined);
  }
}

async function sliceCount(directory: string): Promise<number> {
  const { stdout } = await runVirtbs(directory, 'ls', '--json');
  return (JSON.parse(stdout) as { readonly slices: readonly unknown[] }).slices.length;
}

t.test('a job gets a slice, runs its scripts on it, and leaves nothing', { skip }, async (t: Test) => {
  const directory = t.testdir();
  const job = await Job.begin(directory, 4711);
  t.teardown(() => job.stage('cleanup'));
  const config = await job.stage('config');
  t.match(JSON.parse(config.stdout), { builds_dir: '/home/stack/builds', driver: { name: 'virtbs', version: /^\d/ } });
  const early = await job.script('true');
  t.match(early, { code: 22, stderr: /no slice is leased for this session, gitlab gitlab\.example\.com\/4711/ });

  const prepared = await job.stage('prepare', 'roles', 'plain:1', '--ttl', '90m');
  t.match(prepared, { code: 0, stdout: /^slice \d+: 1 VM after / });
  const passed = await job.script('echo "here: $(hostname)"; echo "of $(id -un)" >&2; read -r none || echo no input');
  t.match(passed, { code: 0, stdout: 'here: plain-60\nno input', stderr: /of stack/ });
  t.equal(await job.exitCode(), undefined);
  for (const code of [7, 255]) {
    t.match(await job.script(`exit ${code}`), { code: 11 });
    t.equal(await job.exitCode(), String(Math.min(code, 254)));
  }
  t.match(await (await Job.begin(directory, 4712)).script('true'), { code: 22 }, 'another job has no part in it');

  const again = await job.stage('prepare', 'roles', 'plain:1');
  t.match(again, { code: 0, stderr: /slice \d+ is still leased for gitlab/ });
  t.equal(await sliceCount(directory), 1, 'a second try takes the place of the first');
  t.match(await job.stage('cleanup'), { code: 0 });
  t.equal(await sliceCount(directory), 0);
  t.match(await job.stage('cleanup'), { code: 0 }, 'also where nothing is left');
});

t.test('what a job needs and cannot have is no failure of the job', { skip }, async (t: Test) => {
  const directory = t.testdir();
  const job = await Job.begin(directory, 4713);
  t.match(await job.stage('prepare', 'no-such-layer', 'plain:1'), { code: 22, stderr: /no-such-layer[^]*hint: / });
  t.equal(await sliceCount(directory), 0);
});
