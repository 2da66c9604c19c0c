import { STATUS_CODES } from 'node:http';
import { request, type Dispatcher } from 'undici';
import { basicAuthorization } from '../http/basic-authorization.js';
import { openConnections } from '../http/open-connections.js';
import { describeHttpFailure, describeNetworkFailure } from './describe-network-failure.js';
import { httpLocation, type ImageLocation } from './image-location.js';
import type { OpenOptions, OpenTransfer, ResumePoint } from './open-transfer.js';
import { TransferError } from './transfer-error.js';

const MOST_REDIRECTS = 10;
const IDLE_MILLISECONDS = 60_000;

type Response = Dispatcher.ResponseData;

/**
 * Asks for an HTTP resource and follows its redirects. Not with `fetch`: a server that sends a `.gz` file with
 * `Content-Encoding: gzip` has fetch unpack it, which cannot be switched off, and the bytes as served, which digests are made
 * of, are lost.
 */
export async function openHttp(location: ImageLocation, options: OpenOptions): Promise<OpenTransfer> {
  const connections = openConnections({ environment: options.environment ?? {}, idle: IDLE_MILLISECONDS });
  try {
    return await followRedirects(location, options, connections);
  } catch (error) {
    await connections.destroy();
    throw error;
  }
}

async function followRedirects(
  location: ImageLocation,
  options: OpenOptions,
  connections: Dispatcher,
): Promise<OpenTransfer> {
  let at = location;
  let { from } = options;
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
    const response = await ask(at, { signal: options.signal, from, connections });
    const { statusCode: status } = response;
    const describe = (range: ServedRange): OpenTransfer => describeTransfer(response, at, { range, connections });
    if (status === 200) return describe({ start: 0, total: lengthOf(response) });
    const range = status === 206 ? parseRange(header(response, 'content-range')) : undefined;
    if (from && range?.start === from.start) return describe(range);
    // Not to read it is no failure.
    response.body.on('error', () => undefined).destroy();
    if (from && (status === 206 || status === 416)) {
      // Another part than asked for, or none: the whole is always right.
      from = undefined;
      continue;
    }
    const target = status >= 300 && status < 400 ? header(response, 'location') : undefined;
    if (target === undefined) {
      const retryAfter = header(response, 'retry-after');
      throw describeHttpFailure(at, { status, phrase: STATUS_CODES[status], retryAfter });
    }
    at = redirect(at, target, options);
  }
  throw new TransferError(`${location.label}: more than ${MOST_REDIRECTS} redirects, the last to ${at.label}`, {
    transient: false,
    hint: 'the server sends in circles: correct the url in the recipe',
  });
}

interface ServedRange {
  readonly start: number;
  /** Bytes of the whole file. */
  readonly total: number | null;
}

interface Question {
  readonly signal: AbortSignal;
  readonly from: ResumePoint | undefined;
  readonly connections: Dispatcher;
}

/** The rest of a file is asked for on the condition that the file is the same (RFC 9110, section 13.1.5). */
async function ask(location: ImageLocation, { signal, from, connections }: Question): Promise<Response> {
  const { url } = location;
  try {
    const authorization = basicAuthorization(url);
    const headers = {
      'user-agent': 'virtbs',
      accept: '*/*',
      'accept-encoding': 'identity',
      ...(authorization !== undefined && { authorization }),
      ...(from && { range: `bytes=${from.start}-`, 'if-range': from.validator }),
    };
    return await request(url, { dispatcher: connections, signal, headers });
  } catch (error) {
    throw describeNetworkFailure(location, error);
  }
}

function header({ headers }: Response, name: string): string | undefined {
  return [headers[name]].flat()[0];
}

/** Credentials go on only to the same place; `new URL` keeps them for a target that is a path. */
function redirect(from: ImageLocation, target: string, { verified }: OpenOptions): ImageLocation {
  const url = URL.canParse(target, from.url.href) ? new URL(target, from.url) : undefined;
  if (url && url.origin === from.url.origin && url.username === '') {
    url.username = from.url.username;
    url.password = from.url.password;
  }
  const plain = url?.protocol === 'http:' && (verified || from.url.protocol === 'http:');
  if (url && (url.protocol === 'https:' || plain)) return httpLocation(url);
  const to = url ? httpLocation(url).label : JSON.stringify(target);
  throw new TransferError(`${from.label}: the server redirects to ${to}, which is not followed`, {
    transient: false,
    hint: 'what is not checked by a digest is taken over https only: correct the url in the recipe',
  });
}

function lengthOf(response: Response): number | null {
  const length = Number(header(response, 'content-length'));
  return Number.isSafeInteger(length) ? length : null;
}

/** `bytes 100-199/200`; nothing where it does not go to the end (RFC 9110, section 14.4). */
function parseRange(text: string | undefined): ServedRange | undefined {
  const [, start, last, total] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(text ?? '') ?? [];
  if (start === undefined || Number(last) + 1 !== Number(total)) return undefined;
  return { start: Number(start), total: Number(total) };
}

/** A weak entity tag stands for bytes that may differ, and is not to be used in a condition on a range. */
function validatorOf(response: Response): string | null {
  const etag = header(response, 'etag');
  if (etag !== undefined) return etag.startsWith('"') ? etag : null;
  return header(response, 'last-modified') ?? null;
}

interface Receiving {
  readonly range: ServedRange;
  /** Closed when the chunks end. */
  readonly connections: Dispatcher;
}

function describeTransfer(response: Response, location: ImageLocation, receiving: Receiving): OpenTransfer {
  return { ...receiving.range, chunks: receive(response, location, receiving), validator: validatorOf(response) };
}

async function* receive(
  { body }: Response,
  location: ImageLocation,
  { range: { start, total }, connections }: Receiving,
): AsyncGenerator<Buffer> {
  let received = start;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      received += chunk.length;
      yield chunk;
    }
  } catch (error) {
    throw describeNetworkFailure(location, error, { received, total });
  } finally {
    await connections.destroy();
  }
}
