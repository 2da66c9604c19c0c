import { fetch, type Dispatcher, type Headers } from 'undici';
import { VirtbsError } from '../errors.js';
import type { VirtbsEvent } from '../events.js';
import type { Method, ServiceType } from './cloud.js';
import { explainLostRequest } from './explain-lost-request.js';
import type { Secrets } from '../secrets.js';
import { UnansweredError } from './unanswered-error.js';

/** A request as it goes out. */
export interface Exchange {
  readonly service: ServiceType;
  readonly method: Method;
  readonly url: URL;
  /** The path behind the endpoint, as messages show it. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | ReadableStream<Uint8Array>;
  /** Milliseconds until the whole answer must be there. */
  readonly timeout: number;
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export interface ExchangeContext {
  readonly dispatcher: Dispatcher;
  readonly secrets: Secrets;
  readonly emit: (event: VirtbsEvent) => void;
}

/**
 * Makes one request and reads its answer, whatever that is. A redirect is an answer: our token goes to nobody else.
 *
 * @throws UnansweredError, VirtbsError `cancelled`
 */
export async function makeExchange(exchange: Exchange, context: ExchangeContext): Promise<Answer> {
  const { service, method, path, signal } = exchange;
  const shown = context.secrets.hide(path);
  const label = `${service}: ${method} ${shown.split('?', 1)[0] ?? ''}`;
  const start = performance.now();
  let answer: Answer | undefined;
  using deadline = startDeadline(exchange.timeout, signal);
  try {
    answer = await fetchAnswer(exchange, deadline.signal, context);
    return answer;
  } catch (error) {
    if (signal.aborted) throw new VirtbsError('cancelled', `${label}: interrupted`);
    if (deadline.signal.aborted) throw tooSlow(label, exchange);
    const { reason, ...failure } = explainLostRequest(error, exchange.url);
    // Nothing of what was sent is kept in the cause.
    throw new UnansweredError(`${label}: ${context.secrets.hide(reason)}`, failure);
  } finally {
    context.emit({
      type: 'request',
      service,
      method,
      path: shown,
      status: answer?.status ?? null,
      milliseconds: performance.now() - start,
      requestId: answer ? readRequestId(answer.headers) : null,
    });
  }
}

/** Reads the id by which operators of the cloud find the request. */
export function readRequestId(headers: Headers): string | null {
  return headers.get('x-openstack-request-id') ?? headers.get('x-compute-request-id');
}

async function fetchAnswer(exchange: Exchange, signal: AbortSignal, context: ExchangeContext): Promise<Answer> {
  const { method, url, headers, body } = exchange;
  const response = await fetch(url, {
    method,
    headers,
    redirect: 'manual',
    signal,
    dispatcher: context.dispatcher,
    ...(body !== undefined && { body, duplex: 'half' as const }),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

interface Deadline extends Disposable {
  readonly signal: AbortSignal;
}

/** A signal that is raised with another, or when the time is over; disposed, it lets go of both. */
function startDeadline(milliseconds: number, signal: AbortSignal): Deadline {
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  const timer = setTimeout(stop, milliseconds);
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    },
  };
}

function tooSlow(label: string, { url, timeout }: Exchange): UnansweredError {
  return new UnansweredError(`${label}: ${url.host} did not answer within ${timeout / 1000} s`, {
    hint: 'the service is very busy or stuck: try again later, or set api_timeout (seconds) of the cloud in clouds.yaml',
    again: 'once',
    sent: true,
  });
}
