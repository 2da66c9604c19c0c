import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ServedJob {
  readonly id: number;
  readonly name: string;
  readonly labels: readonly string[];
  status: 'queued' | 'in_progress' | 'completed';
}

export interface ServedRunner {
  readonly id: number;
  readonly name: string;
  readonly labels: readonly string[];
  /** What only the runner itself may know. */
  readonly secret: string;
  readonly uuid: string;
  isOnline: boolean;
  /** The job that it does. */
  job: ServedJob | null;
}

export interface SeenRequest {
  readonly line: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What Gitea answers to who asks for a token with which runners are registered. */
export const REGISTRATION = 'registration-of-the-test';

/** The token that a test gives, and that must be nowhere else. */
export const TOKEN = 'forge-token-of-the-test';

/**
 * Replays what GitHub, Forgejo and Gitea have published of runners, below `/github/…`, `/forgejo/…` and `/gitea/…`: paths, fields,
 * statuses.
 *
 * Sources: https://docs.github.com/en/rest/actions/self-hosted-runners, …/workflow-runs, …/workflow-jobs; the swagger files of Forgejo 15 and
 * Gitea 1.25; runner/v1/services.proto of actions-proto-def
 */
export class ForgeServer implements AsyncDisposable {
  readonly jobs: ServedJob[] = [];
  readonly runners: ServedRunner[] = [];
  readonly requests: SeenRequest[] = [];
  /** Answers that come before all others, each once. */
  readonly failures: Answer[] = [];
  /** Whether a runner that does a job has spoken in the last seconds. */
  isSilent = false;
  /** Whether a Gitea knows of runners that do one job. */
  hasEphemeral = true;
  readonly #server: Server;
  #count = 100;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async open(port = 0): Promise<ForgeServer> {
    const server = createServer();
    const forge = new ForgeServer(server);
    server.on('request', (request, response) => void forge.#answer(request, response));
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return forge;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  addJob(name: string, ...labels: readonly string[]): ServedJob {
    const job: ServedJob = { id: this.#count++, name, labels, status: 'queued' };
    this.jobs.push(job);
    return job;
  }

  addRunner(name: string, labels: readonly string[] = []): ServedRunner {
    const id = this.#count++;
    const secret = `c2VjcmV0${id}`;
    const runner: ServedRunner = { id, name, labels, secret, uuid: randomUUID(), isOnline: false, job: null };
    this.runners.push(runner);
    return runner;
  }

  runner(name: string): ServedRunner {
    const found = this.runners.find((each) => each.name === name);
    if (!found) throw new Error(`no runner ${name}`);
    return found;
  }

  /** A runner connects, and takes the first job that fits it, or the one that it asks for. */
  take(name: string, id?: number): ServedJob | null {
    const runner = this.runner(name);
    runner.isOnline = true;
    const job = this.jobs.find((each) => each.status === 'queued' && (id === undefined || each.id === id));
    if (!job) return null;
    job.status = 'in_progress';
    runner.job = job;
    return job;
  }

  /** A runner has done its job: the forge itself removes its entry. */
  finish(name: string): void {
    const runner = this.runner(name);
    if (runner.job) runner.job.status = 'completed';
    this.runners.splice(this.runners.indexOf(runner), 1);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const body: unknown = text === '' ? undefined : JSON.parse(text);
    const { method = '', url = '', headers } = request;
    this.requests.push({ line: `${method} ${url}`, headers, body });
    const { pathname, searchParams } = new URL(url, this.url);
    const [, forge, ...rest] = pathname.split('/');
    const asked = { line: `${method} /${rest.join('/')}`, query: searchParams, body };
    const isKnown = headers.authorization === (forge === 'github' ? `Bearer ${TOKEN}` : `token ${TOKEN}`);
    const answer =
      this.failures.shift() ??
      (isKnown ? undefined : { status: 401, body: { message: 'Bad credentials' } }) ??
      (forge === 'github'
        ? this.#asGithub(asked)
        : forge === 'gitea'
          ? this.#asGitea(asked)
          : this.#asForgejo(asked)) ??
      ({ status: 404, body: { message: 'Not Found' } } satisfies Answer);
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
    response.end(answer.body === undefined ? '' : JSON.stringify(answer.body));
  }

  #asGithub({ line, query, body }: Asked): Answer | undefined {
    const runs = /^GET \/repos\/(team\/app)\/actions\/runs$/.exec(line);
    if (runs) {
      const status = query.get('status');
      // Each job has a run of its own; a run in progress may have jobs that wait.
      const found = this.jobs.filter((job) => job.status !== 'completed' && isOfRun(job, status));
      const all = found.map(({ id }) => ({ id: id * 10, run_attempt: 1, status }));
      return { status: 200, body: { total_count: all.length, workflow_runs: page(all, query) } };
    }
    const [, run] = /^GET \/repos\/team\/app\/actions\/runs\/(\d+)\/jobs$/.exec(line) ?? [];
    if (run !== undefined) {
      const found = this.jobs.filter(({ id }) => id * 10 === Number(run));
      const all = found.map((job) => ({ ...job, run_id: Number(run), runner_id: null }));
      return { status: 200, body: { total_count: all.length, jobs: page(all, query) } };
    }
    const runners = /^(\w+) \/(?:repos\/team\/app|orgs\/team)\/actions\/runners(?:\/([\w-]+))?$/.exec(line);
    const [, method, id] = runners ?? [];
    if (method === 'GET' && id === undefined) {
      const all = this.runners.map((each) => ({
        ...{ id: each.id, name: each.name, os: 'linux', status: each.isOnline ? 'online' : 'offline' },
        ...{ busy: each.job !== null, labels: each.labels.map((name) => ({ name, type: 'custom' })) },
      }));
      return { status: 200, body: { total_count: all.length, runners: page(all, query) } };
    }
    if (method === 'POST' && id === 'generate-jitconfig') {
      const { name, runner_group_id: group, labels } = body as Readonly<Record<string, unknown>>;
      if (typeof name !== 'string' || typeof group !== 'number' || !Array.isArray(labels)) return { status: 422 };
      if (this.runners.some((each) => each.name === name)) return { status: 409, body: { message: 'Already exists' } };
      const made = this.addRunner(name, labels as string[]);
      return { status: 201, body: { runner: { id: made.id, name }, encoded_jit_config: made.secret } };
    }
    if (method === 'DELETE' && id !== undefined) {
      const found = this.runners.find((each) => each.id === Number(id));
      if (!found) return { status: 404, body: { message: 'Not Found' } };
      if (found.job) return { status: 422, body: { message: `Runner "${found.name}" is still running a job` } };
      this.runners.splice(this.runners.indexOf(found), 1);
      return { status: 204 };
    }
    return undefined;
  }

  #asGitea({ line, query, body }: Asked): Answer | undefined {
    if (line === 'POST /api/actions/runner.v1.RunnerService/Register') {
      const { name, token, labels, ephemeral } = body as Readonly<Record<string, unknown>>;
      if (token !== REGISTRATION) return { status: 401, body: { code: 'unauthenticated', message: 'token not found' } };
      if (typeof name !== 'string' || ephemeral !== true) return { status: 400 };
      const made = this.addRunner(name, labels as string[]);
      const { id, uuid, secret } = made;
      const runner = { id: String(id), uuid, token: secret, name, version: 'virtbs', labels };
      return { status: 200, body: { runner: { ...runner, ...(this.hasEphemeral && { ephemeral }) } } };
    }
    const match = /^(\w+) \/api\/v1\/(?:repos\/team\/app|orgs\/team)\/actions\/(\w+)(?:\/([\w-]+))?$/.exec(line);
    const [, method, what, id] = match ?? [];
    const size = Math.min(Number(query.get('limit') ?? 30), 2);
    const first = (Number(query.get('page') ?? 1) - 1) * size;
    if (method === 'GET' && what === 'jobs') {
      const found = this.jobs.filter(({ status }) => status === query.get('status'));
      const all = found.map((job) => {
        const runner = this.runners.find((each) => each.job === job);
        const by = runner && { runner_id: runner.id, runner_name: runner.name };
        return {
          id: job.id,
          run_id: job.id * 10,
          run_attempt: 1,
          name: job.name,
          labels: job.labels,
          ...by,
          steps: null,
        };
      });
      return { status: 200, body: { jobs: all.slice(first, first + size), total_count: all.length } };
    }
    if (method === 'GET' && what === 'runners') {
      const all = this.runners.map((each) => ({
        ...{ id: each.id, name: each.name, status: each.isOnline ? 'online' : 'offline', ephemeral: true, labels: [] },
        busy: each.job !== null && !this.isSilent,
      }));
      return { status: 200, body: { runners: all.slice(first, first + size), total_count: all.length } };
    }
    if (method === 'POST' && id === 'registration-token') return { status: 200, body: { token: REGISTRATION } };
    return method === 'DELETE' ? this.#remove(Number(id)) : undefined;
  }

  #remove(id: number): Answer {
    const found = this.runners.findIndex((each) => each.id === id);
    if (found < 0) return { status: 404 };
    this.runners.splice(found, 1);
    return { status: 204 };
  }

  #asForgejo({ line, query, body }: Asked): Answer | undefined {
    const match = /^(\w+) \/api\/v1\/(?:repos\/team\/app|orgs\/team)\/actions\/runners(?:\/(\w+))?$/.exec(line);
    const [, method, id] = match ?? [];
    if (method === 'GET' && id === 'jobs') {
      const open = this.jobs.filter(({ status }) => status !== 'completed');
      const all = open.map((job) => ({
        ...{ id: job.id, attempt: 1, handle: handleOf(job.id), repo_id: 1, owner_id: 2, name: job.name, needs: null },
        ...{ runs_on: job.labels, task_id: 0, status: job.status === 'queued' ? 'waiting' : 'running' },
      }));
      return { status: 200, body: all.length === 0 ? null : all };
    }
    if (method === 'GET' && id === undefined) {
      const all = this.runners.map((each) => ({
        ...{ id: each.id, uuid: each.uuid, name: each.name, labels: each.labels, ephemeral: true, version: 'v13.0.0' },
        status: each.job ? 'active' : each.isOnline ? 'idle' : 'offline',
      }));
      const size = Math.min(Number(query.get('limit') ?? 30), 2);
      const first = (Number(query.get('page') ?? 1) - 1) * size;
      return { status: 200, body: all.slice(first, first + size) };
    }
    if (method === 'POST' && id === undefined) {
      const { name, ephemeral } = body as Readonly<Record<string, unknown>>;
      if (typeof name !== 'string' || ephemeral !== true) return { status: 400 };
      const made = this.addRunner(name);
      return { status: 201, body: { id: made.id, uuid: made.uuid, token: made.secret } };
    }
    return method === 'DELETE' ? this.#remove(Number(id)) : undefined;
  }
}

interface Asked {
  readonly line: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

/** The handle by which a runner asks a Forgejo for a job. */
export function handleOf(id: number): string {
  return `18e9cf40-c2f6-409f-b832-${String(id).padStart(12, '0')}`;
}

function isOfRun({ id, status }: ServedJob, wanted: string | null): boolean {
  if (status === 'in_progress') return wanted === 'in_progress';
  return id % 2 === 0 ? wanted === 'queued' : wanted === 'in_progress';
}

function page<T>(all: readonly T[], query: URLSearchParams): readonly T[] {
  const size = Number(query.get('per_page') ?? 30);
  const first = (Number(query.get('page') ?? 1) - 1) * size;
  return all.slice(first, first + size);
}
