import * as z from 'zod';
import type { Clock } from '../clock.js';
import type {
  ListOptions,
  Method,
  RequestOptions,
  SendOptions,
  ServiceClient,
  ServiceType,
  UploadOptions,
} from './cloud.js';
import { describeNonsense, describeRefusal } from './describe-refusal.js';
import { discoverEndpoint, type Discovered } from './discover-endpoint.js';
import type { Answer, Exchange } from './exchange.js';
import { compareMicroversions, negotiateMicroversion } from './microversion.js';
import { formatQuery, nextPage } from './paging.js';
import { RequestRunner, type RunnerOptions } from './request-runner.js';
import { SERVICE_SPECIFICATIONS } from './service-specification.js';

/** Milliseconds. Whoever makes servers or networks waits for other services. */
const READ_TIMEOUT = 60_000;
const WRITE_TIMEOUT = 180_000;
/** The limit for the question which versions there are. It comes first, and services answer it without a database. */
const VERSIONS_TIMEOUT = 20_000;
/** The speed below which an upload counts as stuck; bytes per second. */
const SLOWEST_UPLOAD = 64 * 1024;

/** Requests that leave everything as one of them does. */
const REPEATABLE: ReadonlySet<Method> = new Set(['GET', 'HEAD', 'PUT', 'DELETE']);

export interface ServiceOptions extends Omit<RunnerOptions, 'concurrency'> {
  readonly type: ServiceType;
  /** The name of the cloud in messages. */
  readonly cloud: string;
  /** The endpoint, with or without a version in its path. */
  readonly endpoint: URL;
  readonly projectId: string;
  /** The one that the user has pinned, or `latest`. */
  readonly microversion: string | null;
  /** Milliseconds for one request, instead of the usual. */
  readonly timeout: number | null;
}

/** @see ServiceClient */
export function createServiceClient(options: ServiceOptions): ServiceClient {
  return new Client(options);
}

class Client implements ServiceClient {
  readonly type: ServiceType;
  readonly clock: Clock;
  readonly #options: ServiceOptions;
  readonly #runner: RequestRunner;
  #discovered: Promise<Discovered> | undefined;

  constructor(options: ServiceOptions) {
    this.type = options.type;
    this.clock = options.clock;
    this.#options = options;
    this.#runner = new RequestRunner({ ...options, concurrency: SERVICE_SPECIFICATIONS[options.type].concurrency });
  }

  async request<T>(method: Method, path: string, options: RequestOptions<T>): Promise<T> {
    const { exchange, answer } = await this.#perform(method, path, options);
    return this.#parse(exchange, answer, options.schema);
  }

  async send(method: Method, path: string, options: SendOptions): Promise<void> {
    await this.#perform(method, path, options);
  }

  async list<T>(path: string, key: string, { schema, ...options }: ListOptions<T>): Promise<T[]> {
    const items: T[] = [];
    const page = z.looseObject({ [key]: z.array(schema) });
    const seen = new Set<string>();
    let { query } = options;
    for (;;) {
      const answer = await this.request('GET', path, { ...options, ...(query && { query }), schema: page });
      items.push(...(answer[key] as T[]));
      const next = nextPage(answer, key);
      const mark = formatQuery(next);
      // A page that leads to itself would be read for ever.
      if (next === undefined || seen.has(mark)) return items;
      seen.add(mark);
      query = next;
    }
  }

  async upload(path: string, chunks: AsyncIterable<Uint8Array>, { bytes, signal }: UploadOptions): Promise<void> {
    await this.#perform('PUT', path, {
      signal,
      stream: ReadableStream.from(chunks),
      headers: { 'content-type': 'application/octet-stream', 'content-length': String(bytes) },
      timeout: WRITE_TIMEOUT + (bytes / SLOWEST_UPLOAD) * 1000,
    });
  }

  async speaks(microversion: string, signal: AbortSignal): Promise<boolean> {
    const spoken = await this.#microversion(signal);
    return spoken !== null && compareMicroversions(spoken, microversion) >= 0;
  }

  async #perform(
    method: Method,
    path: string,
    options: SendOptions & { readonly stream?: ReadableStream<Uint8Array> },
  ): Promise<{ exchange: Exchange; answer: Answer }> {
    const { body, query, headers, stream, signal } = options;
    const { base } = await this.#discover(signal);
    const microversion = options.microversion ?? (await this.#microversion(signal));
    const shown = `${path}${formatQuery(query)}`;
    const usual = method === 'GET' || method === 'HEAD' ? READ_TIMEOUT : WRITE_TIMEOUT;
    const sent = stream ?? (body === undefined ? undefined : JSON.stringify(body));
    const exchange: Exchange = {
      service: this.type,
      method,
      url: new URL(`${base}${shown}`),
      path: shown,
      headers: {
        accept: 'application/json',
        'user-agent': 'virtbs',
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(microversion !== null && microversionHeaders(this.type, microversion)),
        ...headers,
      },
      ...(sent !== undefined && { body: sent }),
      timeout: options.timeout ?? this.#options.timeout ?? usual,
      signal,
    };
    const repeatable = options.retry ?? (REPEATABLE.has(method) && !stream);
    const answer = stream ? await this.#runner.runOnce(exchange) : await this.#runner.run(exchange, repeatable);
    if (answer.status < 200 || answer.status > 299) throw describeRefusal(exchange, answer, this.#options.secrets);
    return { exchange, answer };
  }

  #parse<T>(exchange: Exchange, answer: Answer, schema: z.ZodType<T>): T {
    let value: unknown;
    try {
      value = JSON.parse(answer.text);
    } catch {
      const what = answer.text.trimStart().startsWith('<') ? 'HTML' : answer.text === '' ? 'empty' : 'text';
      throw describeNonsense(exchange, answer, `the answer is ${what}, not JSON`);
    }
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    const [issue] = result.error.issues;
    const where = issue?.path.map(String).join('.') ?? '';
    const what = issue === undefined ? 'unknown' : `${where === '' ? '' : `${where}: `}${issue.message}`;
    throw describeNonsense(exchange, answer, `the answer is not as the API says: ${what}`);
  }

  async #microversion(signal: AbortSignal): Promise<string | null> {
    const { microversion: pinned, cloud } = this.#options;
    const { microversion: tested } = SERVICE_SPECIFICATIONS[this.type];
    const { microversions } = await this.#discover(signal);
    if (tested === null || microversions === null) return pinned === 'latest' ? null : pinned;
    return negotiateMicroversion(microversions, { pinned, tested, label: `${cloud}: ${this.type}` });
  }

  /** Once for all requests; a failure is not kept. */
  #discover(signal: AbortSignal): Promise<Discovered> {
    const { endpoint, projectId, cloud } = this.#options;
    this.#discovered ??= discoverEndpoint(endpoint, {
      specification: SERVICE_SPECIFICATIONS[this.type],
      projectId,
      label: `${cloud}: ${this.type}`,
      ask: (url) => this.#ask(url, signal),
    }).catch((error: unknown) => {
      this.#discovered = undefined;
      throw error;
    });
    return this.#discovered;
  }

  /** A document with versions; a service that hides them does not fail. */
  async #ask(url: URL, signal: AbortSignal): Promise<Answer> {
    const headers = { accept: 'application/json', 'user-agent': 'virtbs' };
    const timeout = this.#options.timeout ?? VERSIONS_TIMEOUT;
    const exchange: Exchange = { service: this.type, method: 'GET', url, path: url.pathname, headers, timeout, signal };
    const answer = await this.#runner.run(exchange, true);
    const { status } = answer;
    if (status === 401 || status === 429 || status >= 500)
      throw describeRefusal(exchange, answer, this.#options.secrets);
    return answer;
  }
}

/** @see https://docs.openstack.org/api-guide/compute/microversions.html */
function microversionHeaders(type: ServiceType, microversion: string): Record<string, string> {
  return {
    'openstack-api-version': `${type} ${microversion}`,
    ...(type === 'compute' && { 'x-openstack-nova-api-version': microversion }),
  };
}
