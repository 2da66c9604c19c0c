import type { Dispatcher, Response } from 'undici';
import { VirtbsError } from '../../errors.js';
import { askServer, NoAnswer } from '../../http/ask-server.js';
import { openConnections } from '../../http/open-connections.js';
import { GerritAway, GerritRefusal } from './gerrit-away.js';

export interface GerritClientOptions {
  /** Where Gerrit's pages are: `https://review.example.org/`, also with a path. */
  readonly url: string;
  readonly user: string;
  /** Asked before each request. */
  readonly password: () => Promise<string>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Milliseconds without a sign of the server. */
  readonly idle?: number;
}

/** Gerrit puts this line before JSON, so that no browser takes it for a script. */
const MAGIC = ")]}'";

/** Bytes of an answer: the log of some thousand events. */
const MOST_BYTES = 128 * 1024 ** 2;

const IDLE = 120_000;

/** Statuses of a server, or of one before it, that cannot answer now. */
const AWAY = new Set([408, 425, 429, 500, 502, 503, 504]);

/**
 * Gerrit's REST interface, as the account. Redirects are refused: the password goes to nobody else.
 *
 * Source: Gerrit, Documentation/rest-api
 */
export class GerritClient implements AsyncDisposable {
  readonly #options: GerritClientOptions;
  readonly #dispatcher: Dispatcher;
  readonly #base: string;
  /** Milliseconds by which the server's clock is before ours. */
  #clockAhead = 0;

  constructor(options: GerritClientOptions) {
    this.#options = options;
    this.#base = `${options.url.replace(/\/+$/, '')}/a/`;
    this.#dispatcher = openConnections({ environment: options.environment, idle: options.idle ?? IDLE });
  }

  /** The time by the server's clock, as its last answer told it; milliseconds since 1970. */
  now(): number {
    return Date.now() + this.#clockAhead;
  }

  /**
   * Reads what is at a path behind `/a/`.
   *
   * @throws GerritAway; GerritRefusal, which has the status; VirtbsError `cancelled`
   */
  async get(path: string, signal: AbortSignal): Promise<unknown> {
    return parseJson(await this.getText(path, signal), path);
  }

  /** The same, where it is not one JSON. */
  async getText(path: string, signal: AbortSignal): Promise<string> {
    return await this.#request({ method: 'GET', path }, signal);
  }

  async post(path: string, body: unknown, signal: AbortSignal): Promise<void> {
    await this.#request({ method: 'POST', path, body: JSON.stringify(body) }, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#dispatcher.destroy();
  }

  async #request(
    { method, path, body }: { readonly method: 'GET' | 'POST'; readonly path: string; readonly body?: string },
    signal: AbortSignal,
  ): Promise<string> {
    const url = new URL(this.#base + path);
    const label = `${method} ${url.pathname}`;
    const pair = `${this.#options.user}:${await this.#options.password()}`;
    try {
      const { response, text, at } = await askServer(
        {
          url,
          request: {
            method,
            headers: {
              accept: 'application/json',
              authorization: `Basic ${Buffer.from(pair).toString('base64')}`,
              ...(body !== undefined && { 'content-type': 'application/json; charset=UTF-8' }),
            },
            ...(body !== undefined && { body }),
          },
          dispatcher: this.#dispatcher,
          most: MOST_BYTES,
        },
        signal,
      );
      this.#readClock(response, at);
      if (response.ok) return text;
      throw refusal(label, response.status, text);
    } catch (error) {
      if (signal.aborted) throw new VirtbsError('cancelled', `gerrit: ${label}: interrupted`);
      // Nothing of what was sent is kept in the cause.
      if (error instanceof NoAnswer) throw new GerritAway(`${label}: ${error.message}`, hintOf(error));
      throw error;
    }
  }

  #readClock({ headers }: Response, now: number): void {
    const date = Date.parse(headers.get('date') ?? '');
    // The header has seconds.
    if (!Number.isNaN(date)) this.#clockAhead = Math.abs(date - now) < 2000 ? 0 : date - now;
  }
}

function hintOf({ hint }: NoAnswer): { readonly hint?: string } {
  return hint === undefined ? {} : { hint };
}

function refusal(label: string, status: number, text: string): GerritAway | GerritRefusal {
  const said = text.trim().split('\n', 1)[0]?.slice(0, 200) ?? '';
  const message = `${label}: ${status}${said === '' || said.startsWith('<') ? '' : `: ${said}`}`;
  if (AWAY.has(status)) return new GerritAway(message, { status });
  // A person can put these right while we wait.
  if (status === 401)
    return new GerritAway(message, { status, hint: 'see http_user, and the password in password_file' });
  if (status >= 300 && status < 400)
    return new GerritAway(message, { status, hint: 'see url: it must be where Gerrit is itself' });
  return new GerritRefusal(message, status);
}

function parseJson(text: string, path: string): unknown {
  const json = text.startsWith(MAGIC) ? text.slice(MAGIC.length) : text;
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new GerritAway(`${path.split('?', 1)[0] ?? ''}: the answer is no JSON`, {
      hint: 'see url: it must be where Gerrit is itself',
      cause,
    });
  }
}
