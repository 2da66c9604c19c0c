import { fetch, type Dispatcher, type RequestInit, type Response } from 'undici';
import { onAbort } from '../process/on-abort.js';
import { networkFailure } from './network-failure.js';

export interface Question {
  readonly url: URL;
  readonly request: Pick<RequestInit, 'method' | 'body'> & { readonly headers: Readonly<Record<string, string>> };
  readonly dispatcher: Dispatcher;
  /** Bytes of the longest answer that is read. */
  readonly most: number;
}

export interface ServerAnswer {
  readonly response: Response;
  readonly text: string;
  /** When its head came; milliseconds since 1970. */
  readonly at: number;
}

/** No answer came, or one that is too long. The message has no word of what was sent. */
export class NoAnswer extends Error {
  readonly hint: string | undefined;

  constructor(reason: string, hint?: string) {
    super(reason);
    this.hint = hint;
  }
}

/**
 * Asks a server whom we tell a secret, and reads its answer, of whatever status. Redirects are not followed: the secret goes to nobody else.
 *
 * @throws NoAnswer, also once the signal is raised
 */
export async function askServer(
  { url, request, dispatcher, most }: Question,
  signal: AbortSignal,
): Promise<ServerAnswer> {
  // One of our own: Node cannot tell undici the limit of listeners of a signal where `onAbort` has lifted it.
  const ended = new AbortController();
  using _abort = onAbort(signal, () => ended.abort());
  try {
    const response = await fetch(url, { ...request, redirect: 'manual', signal: ended.signal, dispatcher });
    const at = Date.now();
    return { response, at, text: await readText(response, most) };
  } catch (error) {
    if (error instanceof NoAnswer) throw error;
    const lost = error instanceof TypeError && error.cause !== undefined ? error.cause : error;
    const failure = networkFailure(lost, url);
    throw new NoAnswer(failure?.reason ?? (lost instanceof Error ? lost.message : String(lost)), failure?.hint);
  }
}

async function readText(response: Response, most: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > most) throw new NoAnswer(`the answer is longer than ${most / 1024 ** 2} MiB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
