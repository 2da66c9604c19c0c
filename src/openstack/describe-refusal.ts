import { STATUS_CODES } from 'node:http';
import { plainText } from '../text/plain-text.js';
import { CloudError } from './cloud-error.js';
import { readRequestId, type Answer, type Exchange } from './exchange.js';
import type { Secrets } from '../secrets.js';

const LONGEST_REASON = 400;

/** Returns the error for an answer that says that the request was not carried out. */
export function describeRefusal(exchange: Exchange, answer: Answer, secrets: Secrets): CloudError {
  const { status, headers } = answer;
  const { type, message } = readReason(answer.text);
  const reason = message === null ? null : shorten(secrets.hide(message));
  const requestId = readRequestId(headers);
  const { service, method } = exchange;
  const path = secrets.hide(exchange.path.split('?', 1)[0] ?? '');
  const redirect = status >= 300 && status < 400;
  const words = redirect ? 'it sends elsewhere, which is not followed' : (reason ?? 'it does not say why');
  const phrase = STATUS_CODES[status] ?? '';
  const id = requestId === null ? '' : ` (${requestId})`;
  const hint = hintFor(status, exchange);
  return new CloudError(`${service}: ${method} ${path}: ${`${status} ${phrase}`.trimEnd()}: ${words}${id}`, {
    service,
    method,
    path,
    status,
    type,
    reason,
    requestId,
    ...(hint !== undefined && { hint }),
  });
}

/** Returns the error for an answer that is not what was asked for. @param what `the answer is HTML, not JSON` */
export function describeNonsense(exchange: Exchange, answer: Answer, what: string): CloudError {
  const { service, method } = exchange;
  const path = exchange.path.split('?', 1)[0] ?? '';
  const requestId = readRequestId(answer.headers);
  return new CloudError(`${service}: ${method} ${path}: ${what}${requestId === null ? '' : ` (${requestId})`}`, {
    service,
    method,
    path,
    status: answer.status,
    type: null,
    reason: null,
    requestId,
    hint: `see whether ${exchange.url.origin} is the ${service} service, and what stands in front of it`,
  });
}

function hintFor(status: number, { service, url }: Exchange): string | undefined {
  switch (status) {
    case 301:
    case 302:
    case 307:
    case 308:
      return `correct the endpoint of ${service}: ${service}_endpoint_override in clouds.yaml, or tell the operators`;
    case 401:
      return service === 'identity'
        ? 'see user, password or token, and their domains'
        : `${service} does not take a token that keystone has just given: tell the operators of the cloud`;
    case 403:
      return 'the roles of the user in the project do not allow it, or its quota is used up';
    case 429:
    case 503:
      return `${service} has too much to do: try again later`;
    case 500:
    case 502:
    case 504:
      return `the failure is on the side of ${url.host}: its operators find it in their logs by the request id`;
    default:
      return undefined;
  }
}

interface Reason {
  readonly type: string | null;
  readonly message: string | null;
}

/**
 * The services each have a form of their own: `{"NeutronError": {type, message}}`, `{"itemNotFound": {code, message}}`,
 * `{"error": {title, message}}`, `{"errors": [{detail}]}`, `{"message": …}`, HTML and plain text.
 */
function readReason(text: string): Reason {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { type: null, message: text.trimStart().startsWith('<') ? htmlText(text) : text };
  }
  if (!isObject(value)) return { type: null, message: typeof value === 'string' ? value : null };
  const [key, inner] = Object.entries(value).find(([, member]) => isObject(member)) ?? [];
  const list = Object.values(value).find((member) => Array.isArray(member)) as unknown[] | undefined;
  const about = isObject(inner) ? inner : isObject(list?.[0]) ? list[0] : value;
  const type = textOf(about, 'type') ?? (key === undefined || key === 'error' ? null : key);
  const plain = Object.values(value).find((member) => typeof member === 'string');
  const message = textOf(about, 'message') ?? textOf(about, 'detail') ?? textOf(about, 'title');
  return { type, message: message ?? (typeof plain === 'string' ? plain : null) };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: Record<string, unknown>, key: string): string | null {
  const text = value[key];
  return typeof text === 'string' && text !== '' ? text : null;
}

/** The words of a page, without its head and its heading, which repeats the status. */
function htmlText(html: string): string {
  return html
    .replaceAll(/<(head|style|script|h1)\b[\s\S]*?<\/\1>/gi, ' ')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}

function shorten(text: string): string | null {
  const line = plainText(
    text
      .replaceAll(/<br\s*\/?>/gi, ' ')
      .replaceAll(/\s+/g, ' ')
      .trim(),
  );
  if (line === '') return null;
  return line.length > LONGEST_REASON ? `${line.slice(0, LONGEST_REASON)}…` : line;
}
