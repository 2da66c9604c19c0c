import { request as httpRequest, STATUS_CODES, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { describeHttpFailure, describeNetworkFailure } from './describe-network-failure.js';
import { httpLocation, type ImageLocation } from './image-location.js';
import type { OpenOptions, OpenTransfer, ResumePoint } from './open-location.js';
import { TransferError } from './transfer-error.js';

const MOST_REDIRECTS = 10;
const IDLE_MILLISECONDS = 60_000;

/**
 * Asks for an HTTP resource and follows its redirects. Node's own `http` instead of `fetch`: a server that sends a `.gz` file
 * with `Content-Encoding: gzip` has fetch unpack it, which cannot be switched off, and the bytes as served, which digests are
 * made of, are lost.
 */
export async function openHttp(location: ImageLocation, options: OpenOptions): Promise<OpenTransfer> {
  let at = location;
  let { from } = options;
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
    const response = await ask(at, options.signal, from);
    const status = response.statusCode ?? 0;
    const target = status >= 300 && status < 400 ? response.headers.location : undefined;
    if (status === 200) return describeTransfer(response, at, { start: 0, total: lengthOf(response) });
    const range = status === 206 ? parseRange(response.headers['content-range']) : undefined;
    if (from && range?.start === from.start) return describeTransfer(response, at, range);
    response.destroy();
    if (from && (status === 206 || status === 416)) {
      // Another part than asked for, or none: the whole is always right.
      from = undefined;
      continue;
    }
    if (target === undefined) {
      const retryAfter = response.headers['retry-after'];
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

/** The rest of a file is asked for on the condition that the file is the same (RFC 9110, section 13.1.5). */
function ask(location: ImageLocation, signal: AbortSignal, from: ResumePoint | undefined): Promise<IncomingMessage> {
  const { url } = location;
  const headers = {
    'user-agent': 'virtbs',
    accept: '*/*',
    'accept-encoding': 'identity',
    ...(from && { range: `bytes=${from.start}-`, 'if-range': from.validator }),
  };
  const settings = { signal, headers, agent: false, timeout: IDLE_MILLISECONDS };
  return new Promise((resolve, reject) => {
    const request = url.protocol === 'https:' ? httpsRequest(url, settings) : httpRequest(url, settings);
    request.on('response', resolve);
    request.on('error', (error) => reject(describeNetworkFailure(location, error)));
    request.on('timeout', () =>
      request.destroy(Object.assign(new Error('nothing came for a minute'), { code: 'ETIMEDOUT' })),
    );
    request.end();
  });
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

function lengthOf(response: IncomingMessage): number | null {
  const length = Number(response.headers['content-length']);
  return Number.isSafeInteger(length) ? length : null;
}

/** `bytes 100-199/200`; nothing where it does not go to the end (RFC 9110, section 14.4). */
function parseRange(header: string | undefined): ServedRange | undefined {
  const [, start, last, total] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(header ?? '') ?? [];
  if (start === undefined || Number(last) + 1 !== Number(total)) return undefined;
  return { start: Number(start), total: Number(total) };
}

/** A weak entity tag stands for bytes that may differ, and is not to be used in a condition on a range. */
function validatorOf({ headers }: IncomingMessage): string | null {
  const { etag, 'last-modified': modified } = headers;
  if (etag !== undefined) return etag.startsWith('"') ? etag : null;
  return modified ?? null;
}

function describeTransfer(response: IncomingMessage, location: ImageLocation, range: ServedRange): OpenTransfer {
  return { ...range, chunks: receive(response, location, range), validator: validatorOf(response) };
}

async function* receive(
  response: IncomingMessage,
  location: ImageLocation,
  { start, total }: ServedRange,
): AsyncGenerator<Buffer> {
  let received = start;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      received += chunk.length;
      yield chunk;
    }
  } catch (error) {
    throw describeNetworkFailure(location, error, { received, total });
  } finally {
    response.destroy();
  }
}
