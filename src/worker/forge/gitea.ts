import * as z from 'zod';
import type { GiteaSettings } from '../../config/runner-settings.js';
import { shellQuote } from '../../text/shell-quote.js';
import { GUEST_FOLDER } from '../runner/guest-script.js';
import { ForgeClient, type ForgeClientOptions } from './forge-client.js';
import { ForgeError } from './forge-error.js';
import type { Forge, ForgeRunner, WaitingJob } from './forge.js';
import { readPages } from './read-pages.js';

const jobs = z.object({
  jobs: z
    .array(
      z.object({
        id: z.int(),
        run_attempt: z.int().optional(),
        name: z.string(),
        labels: z.array(z.string()).nullish(),
        runner_id: z.int().optional(),
      }),
    )
    .nullable(),
});

const runners = z.object({
  runners: z.array(z.object({ id: z.int(), name: z.string(), status: z.string(), busy: z.boolean() })).nullable(),
});

const registration = z.object({ token: z.string().regex(/^[\w-]+$/) });

/** The answer of the service to which runners themselves speak; numbers are text there, and what is false is left out. */
const registered = z.object({
  runner: z.object({
    id: z.coerce.number<string | number>().int(),
    uuid: z.uuid(),
    token: z.string().regex(/^[\w-]+$/),
    ephemeral: z.boolean().optional(),
  }),
});

/** An administrator may have set a lower limit: pages are read until one is empty. */
const PER_PAGE = 50;
const GONE = 404;

/**
 * A Gitea from version 1.25 on. A runner is registered from here, as the runner itself would do it: the token for that is good for any
 * number of runners, so no guest gets it.
 *
 * Source: the API of Gitea (getRepoRunners, listWorkflowJobs, repoCreateRunnerRegistrationToken, …), actions-proto-def
 * (runner.v1.RunnerService/Register, by Connect with JSON) and the file `.runner` of Gitea's runner
 */
export function openGitea(settings: GiteaSettings, options: Pick<ForgeClientOptions, 'token' | 'environment'>): Forge {
  const { url, scope, labels, program } = settings;
  const server = url.replace(/\/+$/, '');
  const client = new ForgeClient({
    ...{ ...options, url: `${server}/api`, scheme: 'token' },
    headers: { accept: 'application/json', 'user-agent': 'virtbs' },
  });
  const base = `/v1${scope.includes('/') ? '/repos' : '/orgs'}/${scope}/actions`;
  const names = labels.map((label) => label.split(':', 1)[0] ?? '');

  const jobsWith = async (status: string, signal: AbortSignal): Promise<z.output<typeof jobs>['jobs'] & object> => [
    ...(await readPages(1, async (page) => {
      const path = `${base}/jobs?status=${status}&page=${page}&limit=${PER_PAGE}`;
      return (await client.read({ method: 'GET', path }, jobs, signal)).jobs ?? [];
    })),
  ];
  const removeEntry = async (id: number, signal: AbortSignal): Promise<boolean> => {
    const path = `${base}/runners/${id}`;
    return (await client.send({ method: 'DELETE', path, accept: [GONE] }, signal)) !== GONE;
  };

  return {
    name: 'gitea',
    label: `${server} ${scope}`,
    isBound: false,
    async waiting(signal) {
      const fitting = (await jobsWith('queued', signal)).filter(({ labels: asked }) => {
        return asked && asked.length > 0 && asked.every((each) => names.includes(each));
      });
      return fitting.map(({ id, run_attempt: attempt = 1, name }): WaitingJob => {
        return { key: `${id}/${attempt}`, label: `${scope} ${name} ${id}` };
      });
    },
    async runners(prefix, signal) {
      const all = await readPages(1, async (page) => {
        const path = `${base}/runners?page=${page}&limit=${PER_PAGE}`;
        return (await client.read({ method: 'GET', path }, runners, signal)).runners ?? [];
      });
      const ours = all.filter(({ name }) => name.startsWith(prefix));
      // "busy" says whether a runner has spoken in the last seconds: one that does a job may be silent for longer.
      const isUnsure = ours.some(({ status, busy }) => status === 'online' && !busy);
      const working = new Set(isUnsure ? (await jobsWith('in_progress', signal)).map((job) => job.runner_id) : []);
      return ours.map(({ id, name, status, busy }): ForgeRunner => {
        return { id, name, state: busy || working.has(id) ? 'busy' : status === 'online' ? 'idle' : 'offline' };
      });
    },
    async register(name, _job, signal) {
      const { token } = await client.read(
        { method: 'POST', path: `${base}/runners/registration-token` },
        registration,
        signal,
      );
      const { runner } = await client.read(
        {
          ...{ method: 'POST', path: '/actions/runner.v1.RunnerService/Register' },
          body: { name, token, version: 'virtbs', labels: names, ephemeral: true },
        },
        registered,
        signal,
      );
      if (runner.ephemeral !== true) {
        await removeEntry(runner.id, signal);
        throw new ForgeError(`${server}: it makes no runners that do one job`, { hint: 'Gitea 1.25 or later does' });
      }
      const { id, uuid } = runner;
      const entry = { id, uuid, name, token: runner.token, address: server, labels, ephemeral: true };
      return [
        `cd "$HOME"/${GUEST_FOLDER} || exit`,
        `printf '%s\\n' ${shellQuote(JSON.stringify(entry))} >.runner || exit`,
        `exec ${shellQuote(program)} daemon`,
        '',
      ].join('\n');
    },
    async remove({ id, state }, signal) {
      // Gitea notes by itself that a job is lost, and removes its runner then.
      if (state === 'busy') return false;
      return await removeEntry(id, signal);
    },
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}
