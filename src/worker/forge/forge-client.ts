import type { Dispatcher, Response } from 'undici';
import type * as z from 'zod';
import { VirtbsError } from '../../errors.js';
import { askServer, NoAnswer } from '../../http/ask-server.js';
import { openConnections } from '../../http/open-connections.js';
import { readRetryAfter } from '../../http/read-retry-after.js';
import { ForgeError } from './forge-error.js';

export interface ForgeClientOptions {
  /** Where the REST API begins: `https://api.github.com`, also with a path. */
  readonly url: string;
  /** The header `Authorization` up to the token: `Bearer`. */
  readonly scheme: 'Bearer' | 'token';
  /** Asked before each request. */
  readonly token: () => Promise<string>;
  readonly headers: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Milliseconds without a sign of the server. */
  readonly idle?: number;
}

export interface ForgeRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Behind the URL of the API, with a `/` before. */
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
  /** Statuses that are an answer, too. */
  readonly accept?: readonly number[];
}

const MOST_BYTES = 32 * 1024 ** 2;
const IDLE = 60_000;

/** The REST API of a forge. Redirects are refused: the token goes to nobody else. */
export class ForgeClient implements AsyncDisposable {
  readonly #options: ForgeClientOptions;
  readonly #dispatcher: Dispatcher;
  readonly #base: string;

  constructor(options: ForgeClientOptions) {
    this.#options = options;
    this.#base = options.url.replace(/\/+$/, '');
    this.#dispatcher = openConnections({ environment: options.environment, idle: options.idle ?? IDLE });
  }

  /** Asks for JSON and checks its shape. @throws ForgeError; VirtbsError `cancelled` */
  async read<T>(request: ForgeRequest, schema: z.ZodType<T>, signal: AbortSignal): Promise<T> {
    const { text, label } = await this.#send(request, signal);
    const parsed = schema.safeParse(parseJson(text, label));
    if (parsed.success) return parsed.data;
    const at = parsed.error.issues[0]?.path.join('.') ?? '';
    // What was answered may be a secret: nothing of it is shown.
    throw new ForgeError(`${label}: the answer is not what is documented${at === '' ? '' : `, at ${at}`}`, {
      hint: 'see the url, and whether the server has the version that docs/workers.md names',
    });
  }

  /** Sends a request whose answer says nothing but its status. @returns the status */
  async send(request: ForgeRequest, signal: AbortSignal): Promise<number> {
    return (await this.#send(request, signal)).status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#dispatcher.destroy();
  }

  async #send({ method, path, body, accept = [] }: ForgeRequest, signal: AbortSignal): Promise<Answer> {
    const url = new URL(this.#base + path);
    const label = `${method} ${url.host}${url.pathname}`;
    const { scheme, token, headers } = this.#options;
    const authorization = `${scheme} ${await token()}`;
    try {
      const { response, text } = await askServer(
        {
          url,
          request: {
            method,
            headers: { ...headers, authorization, ...(body !== undefined && { 'content-type': 'application/json' }) },
            ...(body !== undefined && { body: JSON.stringify(body) }),
          },
          dispatcher: this.#dispatcher,
          most: MOST_BYTES,
        },
        signal,
      );
      if (response.ok || accept.includes(response.status)) return { status: response.status, text, label };
      throw refusal(label, response, text);
    } catch (error) {
      if (signal.aborted) throw new VirtbsError('cancelled', `${label}: interrupted`);
      if (error instanceof NoAnswer) throw new ForgeError(`${label}: ${error.message}`, { hint: error.hint });
      throw error;
    }
  }
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly label: string;
}

function refusal(label: string, { status, headers }: Response, text: string): ForgeError {
  const said = messageOf(text);
  return new ForgeError(`${label}: ${status}${said === '' ? '' : `: ${said}`}`, {
    status,
    hint: hintFor(status),
    retryAfter: status === 403 || status === 429 ? pauseOf(headers) : readRetryAfter(headers.get('retry-after')),
  });
}

/** GitHub answers 403 to who asks too often. Source: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api */
function pauseOf(headers: Response['headers']): number | undefined {
  const after = readRetryAfter(headers.get('retry-after'));
  if (after !== undefined || headers.get('x-ratelimit-remaining') !== '0') return after;
  const reset = Number(headers.get('x-ratelimit-reset') ?? Number.NaN) * 1000 - Date.now();
  return Number.isNaN(reset) ? undefined : Math.max(1000, reset);
}

function hintFor(status: number): string | undefined {
  if (status === 401) return 'see the token: the forge does not know it';
  if (status === 403 || status === 404) return 'see the scope, and what the token may do: docs/workers.md';
  return status >= 300 && status < 400 ? 'see the url: it must be where the forge is itself' : undefined;
}

function messageOf(text: string): string {
  try {
    const said: unknown = JSON.parse(text);
    const message = typeof said === 'object' && said !== null && 'message' in said ? said.message : '';
    return typeof message === 'string' ? (message.split('\n', 1)[0]?.slice(0, 200) ?? '') : '';
  } catch {
    return '';
  }
}

function parseJson(text: string, label: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ForgeError(`${label}: the answer is no JSON`, { hint: 'see the url: it must be that of the REST API' });
  }
}
