import { setMaxListeners } from 'node:events';
import pLimit, { type LimitFunction } from 'p-limit';
import type { Clock } from '../clock.js';
import { VirtbsError } from '../errors.js';
import { makeExchange, type Answer, type Exchange, type ExchangeContext } from './exchange.js';
import { retryDelay } from './retry-delay.js';
import type { Token, TokenSource } from './token-source.js';
import { UnansweredError } from './unanswered-error.js';

export interface RunnerOptions extends ExchangeContext {
  /** Requests under way at once. */
  readonly concurrency: number;
  /** Milliseconds before each further attempt. */
  readonly delays: readonly number[];
  /** The clock for the pauses. */
  readonly clock: Clock;
  /** None for who signs in. */
  readonly tokens: TokenSource | null;
}

/** The shortest pause that a person is told of; milliseconds. */
const LONG_WAIT = 4000;

/** Makes the requests of one service: some at once, again where that helps, with a token that is good. */
export class RequestRunner {
  readonly #options: RunnerOptions;
  readonly #limit: LimitFunction;
  /** Before then the service is left alone, as it asked to be. */
  #resumeAt = 0;

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#limit = pLimit(options.concurrency);
  }

  /**
   * @param repeatable whether the request may be carried out twice
   * @returns the answer, whatever its status
   * @throws UnansweredError; VirtbsError `cancelled`, and what signing in throws
   */
  async run(exchange: Exchange, repeatable: boolean): Promise<Answer> {
    const { delays } = this.#options;
    // As many requests listen to a signal as there are VMs; Node takes more than ten for a leak.
    setMaxListeners(0, exchange.signal);
    for (let used = 0; ; used++) {
      await this.#pause(exchange);
      const result = await this.#limit(() => this.#attempt(exchange));
      const delay = retryDelay(result, { used, delays, repeatable });
      if (delay === undefined) {
        if (result instanceof UnansweredError) throw result;
        return result;
      }
      this.#tell(exchange, result, delay);
      if ('status' in result) this.#resumeAt = Math.max(this.#resumeAt, this.#options.clock.now() + delay);
      else await this.#sleep(delay, exchange);
    }
  }

  /** Runs a request whose body cannot be sent twice. */
  async runOnce(exchange: Exchange): Promise<Answer> {
    await this.#pause(exchange);
    const result = await this.#limit(() => this.#attempt(exchange));
    if (result instanceof UnansweredError) throw result;
    return result;
  }

  /** A token that a service does not take is renewed once: it may have been revoked. */
  async #attempt(exchange: Exchange): Promise<Answer | UnansweredError> {
    const { tokens } = this.#options;
    try {
      if (!tokens) return await this.#exchange(exchange);
      const token = await tokens.token();
      const answer = await this.#exchange(authorize(exchange, token));
      const isStream = exchange.body instanceof ReadableStream;
      if (answer.status !== 401 || isStream) return answer;
      return await this.#exchange(authorize(exchange, await tokens.tokenAfter(token)));
    } catch (error) {
      if (error instanceof UnansweredError) return error;
      throw error;
    }
  }

  async #exchange(exchange: Exchange): Promise<Answer> {
    const answer = await makeExchange(exchange, this.#options);
    if (!isCutShort(answer)) return answer;
    const { service, method, path } = exchange;
    const what = `the answer is no whole JSON, it ends after ${answer.text.length} characters`;
    throw new UnansweredError(`${service}: ${method} ${path.split('?', 1)[0] ?? ''}: ${what}`, {
      hint: `see what stands between here and ${exchange.url.host}, or try again later`,
      again: 'soon',
      sent: true,
    });
  }

  #tell({ service }: Exchange, result: Answer | UnansweredError, delay: number): void {
    const isLong = delay >= LONG_WAIT || ('again' in result && result.again === 'once');
    const why = 'status' in result ? `${service} is busy (${result.status})` : result.message;
    const message = `${why}; trying again in ${Number((delay / 1000).toFixed(1))} s`;
    this.#options.emit({ type: isLong ? 'warning' : 'debug', message });
  }

  async #pause(exchange: Exchange): Promise<void> {
    for (let left = this.#left(); left > 0; left = this.#left()) await this.#sleep(left, exchange);
  }

  #left(): number {
    return this.#resumeAt - this.#options.clock.now();
  }

  async #sleep(milliseconds: number, { service, method, path, signal }: Exchange): Promise<void> {
    try {
      await this.#options.clock.sleep(milliseconds, signal);
    } catch {
      throw new VirtbsError('cancelled', `${service}: ${method} ${path}: interrupted`);
    }
  }
}

function authorize(exchange: Exchange, { secret }: Token): Exchange {
  return { ...exchange, headers: { ...exchange.headers, 'x-auth-token': secret } };
}

/** Tells whether an answer that was to be JSON is the beginning of some. */
function isCutShort({ status, headers, text }: Answer): boolean {
  if (status < 200 || status > 299 || text === '') return false;
  if (headers.get('content-type')?.includes('json') !== true) return false;
  try {
    JSON.parse(text);
    return false;
  } catch {
    return /^\s*[[{]/.test(text);
  }
}
