import * as z from 'zod';
import type { GithubSettings } from '../../config/runner-settings.js';
import { shellQuote } from '../../text/shell-quote.js';
import { ForgeClient, type ForgeClientOptions } from './forge-client.js';
import type { Forge, ForgeRunner, WaitingJob } from './forge.js';
import { readPages } from './read-pages.js';

const runs = z.object({ workflow_runs: z.array(z.object({ id: z.int(), run_attempt: z.int().optional() })) });

const jobs = z.object({
  jobs: z.array(z.object({ id: z.int(), name: z.string(), status: z.string(), labels: z.array(z.string()) })),
});

const runners = z.object({
  runners: z.array(z.object({ id: z.int(), name: z.string(), status: z.string(), busy: z.boolean() })),
});

const jit = z.object({ encoded_jit_config: z.string().regex(/^[A-Za-z0-9+/=_-]+$/) });

/** A run that is in progress may have jobs that wait. */
const OPEN = ['queued', 'in_progress'];
/** What GitHub gives at most at once. */
const PER_PAGE = 100;
const GONE = 404;
const BUSY = 422;

/**
 * GitHub, or a server of one's own, by its REST API: runners are made by a just-in-time configuration, which is good for one job.
 *
 * Source: https://docs.github.com/en/rest/actions (self-hosted-runners, workflow-runs, workflow-jobs), version 2022-11-28
 */
export function openGithub(
  settings: GithubSettings,
  options: Pick<ForgeClientOptions, 'token' | 'environment'>,
): Forge {
  const { url, scope, labels, repositories, group, program } = settings;
  const client = new ForgeClient({
    ...{ ...options, url, scheme: 'Bearer' },
    headers: {
      accept: 'application/vnd.github+json',
      'x-github-api-version': '2022-11-28',
      // GitHub refuses a request without one.
      'user-agent': 'virtbs',
    },
  });
  const isOrganization = !scope.includes('/');
  const base = isOrganization ? `/orgs/${scope}` : `/repos/${scope}`;
  const queues = isOrganization ? repositories.map((name) => `${scope}/${name}`) : [scope];

  const jobsOf = async (repository: string, signal: AbortSignal): Promise<readonly WaitingJob[]> => {
    const found = new Map<number, WaitingJob>();
    for (const status of OPEN) {
      const open = await readPages(PER_PAGE, async (page) => {
        const path = `/repos/${repository}/actions/runs?status=${status}&per_page=${PER_PAGE}&page=${page}`;
        return (await client.read({ method: 'GET', path }, runs, signal)).workflow_runs;
      });
      for (const run of open) {
        const all = await readPages(PER_PAGE, async (page) => {
          const path = `/repos/${repository}/actions/runs/${run.id}/jobs?filter=latest&per_page=${PER_PAGE}&page=${page}`;
          return (await client.read({ method: 'GET', path }, jobs, signal)).jobs;
        });
        for (const job of all.filter((each) => each.status === 'queued' && fits(each.labels, labels))) {
          found.set(job.id, { key: `${repository}/${job.id}`, label: `${repository} ${job.name} ${job.id}` });
        }
      }
    }
    return [...found.values()];
  };

  return {
    name: 'github',
    label: `${url} ${scope}`,
    isBound: false,
    async waiting(signal) {
      const found: WaitingJob[] = [];
      for (const repository of queues) found.push(...(await jobsOf(repository, signal)));
      return found;
    },
    async runners(prefix, signal) {
      const all = await readPages(PER_PAGE, async (page) => {
        const path = `${base}/actions/runners?per_page=${PER_PAGE}&page=${page}`;
        return (await client.read({ method: 'GET', path }, runners, signal)).runners;
      });
      return all
        .filter(({ name }) => name.startsWith(prefix))
        .map(({ id, name, status, busy }): ForgeRunner => {
          return { id, name, state: busy ? 'busy' : status === 'online' ? 'idle' : 'offline' };
        });
    },
    async register(name, _job, signal) {
      const path = `${base}/actions/runners/generate-jitconfig`;
      const body = { name, runner_group_id: group, labels, work_folder: '_work' };
      const { encoded_jit_config: secret } = await client.read({ method: 'POST', path, body }, jit, signal);
      // The runner takes each of its options from such a variable, which it does not hand on.
      return [
        `ACTIONS_RUNNER_INPUT_JITCONFIG=${shellQuote(secret)}`,
        'export ACTIONS_RUNNER_INPUT_JITCONFIG',
        `exec ${shellQuote(program)}`,
        '',
      ].join('\n');
    },
    async remove({ id }, signal) {
      const path = `${base}/actions/runners/${id}`;
      const status = await client.send({ method: 'DELETE', path, accept: [GONE, BUSY] }, signal);
      return status !== GONE && status !== BUSY;
    },
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}

/** A runner does a job if it has all labels that the job asks for. GitHub does not tell capitals from small letters. */
function fits(asked: readonly string[], own: readonly string[]): boolean {
  const known = new Set(own.map((label) => label.toLowerCase()));
  return asked.length > 0 && asked.every((label) => known.has(label.toLowerCase()));
}
