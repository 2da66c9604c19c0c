import * as z from 'zod';
import type { ForgejoSettings } from '../../config/runner-settings.js';
import { shellQuote } from '../../text/shell-quote.js';
import { GUEST_FOLDER } from '../runner/guest-script.js';
import { ForgeClient, type ForgeClientOptions } from './forge-client.js';
import type { Forge, ForgeRunner, WaitingJob } from './forge.js';
import { readPages } from './read-pages.js';

const jobs = z.array(
  z.object({
    id: z.int(),
    attempt: z.int(),
    handle: z.uuid(),
    name: z.string(),
    status: z.string(),
    runs_on: z.array(z.string()).nullable(),
    html_url: z.string().optional(),
  }),
);

const runners = z.array(z.object({ id: z.int(), name: z.string(), status: z.string() }));

/** The id is that of the entry; the other two are user name and password of the runner. */
const registered = z.object({ id: z.int(), uuid: z.uuid(), token: z.string().regex(/^[\w-]+$/) });

/** An administrator may have set a lower limit: pages are read until one is empty. */
const PER_PAGE = 50;
const GONE = 404;

/**
 * A Forgejo from version 15 on, by its API: runners are entries that Forgejo removes after one job.
 *
 * Source: https://codeberg.org/api/swagger (searchRunJobs, registerRepoRunner, …); https://forgejo.org/docs/latest/admin/actions
 */
export function openForgejo(
  settings: ForgejoSettings,
  options: Pick<ForgeClientOptions, 'token' | 'environment'>,
): Forge {
  const { url, scope, labels, program } = settings;
  const server = url.replace(/\/+$/, '');
  const client = new ForgeClient({
    ...{ ...options, url: `${server}/api/v1`, scheme: 'token' },
    headers: { accept: 'application/json', 'user-agent': 'virtbs' },
  });
  const base = `${scope.includes('/') ? '/repos' : '/orgs'}/${scope}/actions/runners`;
  const names = new Set(labels.map((label) => label.split(':', 1)[0] ?? ''));

  return {
    name: 'forgejo',
    label: `${server} ${scope}`,
    isBound: true,
    async waiting(signal) {
      // Where there are none, Forgejo answers null.
      const all = (await client.read({ method: 'GET', path: `${base}/jobs` }, jobs.nullable(), signal)) ?? [];
      const fitting = all.filter(({ status, runs_on: asked }) => {
        return status === 'waiting' && asked !== null && asked.length > 0 && asked.every((each) => names.has(each));
      });
      return fitting.map(({ id, attempt, handle, name }): WaitingJob => {
        return { key: `${id}/${attempt}`, label: `${scope} ${name} ${id}`, handle };
      });
    },
    async runners(prefix, signal) {
      const all = await readPages(1, async (page) => {
        const path = `${base}?page=${page}&limit=${PER_PAGE}`;
        return await client.read({ method: 'GET', path }, runners, signal);
      });
      return all
        .filter(({ name }) => name.startsWith(prefix))
        .map(({ id, name, status }): ForgeRunner => {
          return { id, name, state: status === 'active' ? 'busy' : status === 'idle' ? 'idle' : 'offline' };
        });
    },
    async register(name, job, signal) {
      const body = { name, description: `made by virtbs for ${job.label}`, ephemeral: true };
      const { uuid, token } = await client.read({ method: 'POST', path: base, body }, registered, signal);
      const { handle } = job;
      const file = `"$HOME"/${GUEST_FOLDER}/token`;
      const args = [
        ...['one-job', '--wait', '--url', `${server}/`, '--uuid', uuid],
        ...(handle === undefined ? [] : ['--handle', handle]),
        ...labels.flatMap((label) => ['--label', label]),
      ];
      return [
        `printf %s ${shellQuote(token)} >${file} || exit`,
        `exec ${[program, ...args].map(shellQuote).join(' ')} --token-url file://${file}`,
        '',
      ].join('\n');
    },
    async remove({ id, state }, signal) {
      // Forgejo itself would remove one that does a job.
      if (state === 'busy') return false;
      return (await client.send({ method: 'DELETE', path: `${base}/${id}`, accept: [GONE] }, signal)) !== GONE;
    },
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}
