import { spawn } from 'node:child_process';
import { env } from 'node:process';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { VirtbsError } from '../errors.js';

/** Something that takes bytes and gives what is in them. */
export interface Decoder {
  readonly input: Writable;
  readonly output: Readable;
  /** True if it may have enough before all bytes are taken. The source is then read to its end nevertheless. */
  readonly stopsEarly: boolean;
  /** Returns the failure once both ends are closed; undefined where all went well. */
  readonly failure: () => Promise<VirtbsError | undefined>;
}

export interface ProgramDecoder {
  readonly program: string;
  readonly args: readonly string[];
  readonly stopsEarly: boolean;
  /** Returns the meaning of the program's end. `words` is what it wrote to stderr, the beginning and the end of it. */
  readonly judge: (words: string, ending: string | null) => VirtbsError | undefined;
}

const MOST_WORDS = 2000;

/**
 * Passes bytes through a decoder as they come. To stop reading closes its output, which ends a program; the source of the
 * bytes is the caller's to end.
 *
 * @param cutOff what it means where a decoder is content, but did not take all
 * @throws the decoder's failure; what the source of the bytes throws
 */
export async function* decode(
  chunks: AsyncIterable<Buffer>,
  decoder: Decoder,
  cutOff: (cause: unknown) => VirtbsError,
): AsyncGenerator<Buffer> {
  const fed = feed(chunks, decoder);
  try {
    yield* decoder.output as AsyncIterable<Buffer>;
  } catch {
    // The decoder failed, or its source did: seen below.
  }
  // Without its source a decoder complains about the end of it: the source's error is the one that counts.
  const { ofSource, ofInput } = await fed;
  if (ofSource !== undefined) throw ofSource;
  const failure = await decoder.failure();
  if (failure) throw failure;
  if (ofInput !== undefined) throw cutOff(ofInput);
}

/** The reason why not all bytes were taken, if so. */
interface FeedFailures {
  readonly ofSource: unknown;
  readonly ofInput: unknown;
}

/** Gives all bytes to a decoder, and waits until it has taken them. */
async function feed(chunks: AsyncIterable<Buffer>, { input, stopsEarly }: Decoder): Promise<FeedFailures> {
  const source = chunks[Symbol.asyncIterator]();
  let ofSource: unknown;
  const next = async (): Promise<IteratorResult<Buffer>> => {
    try {
      return await source.next();
    } catch (error) {
      ofSource = error;
      throw error;
    }
  };
  const end = async (): Promise<IteratorResult<Buffer>> => {
    await source.return?.();
    return { done: true, value: undefined };
  };
  // A source that is closed cannot be read to its end.
  const iterator = stopsEarly ? { next } : { next, return: end };
  try {
    await pipeline({ [Symbol.asyncIterator]: () => iterator }, input);
    return { ofSource, ofInput: undefined };
  } catch (error) {
    if (!stopsEarly) return { ofSource, ofInput: error };
  }
  try {
    while ((await next()).done !== true) continue;
  } catch {
    // Kept above, as is one that was thrown before.
  }
  return { ofSource, ofInput: undefined };
}

/** Starts a program that reads standard input and writes standard output. */
export function startDecoder({ program, args, stopsEarly, judge }: ProgramDecoder): Decoder {
  // Its words are told, and tar's lines are read: in one language.
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...env, LC_ALL: 'C' } });
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    words = shorten(words + text);
  });
  const ended = new Promise<VirtbsError | undefined>((resolve) => {
    child.on('error', (cause) => {
      resolve(
        new VirtbsError('program-missing', `${program} cannot be started: ${cause.message}`, {
          hint: `install ${program}, or let \`virtbs quickstart\` install all that is missing`,
          cause,
        }),
      );
    });
    child.on('close', (code, signal) => {
      const ending = code === 0 ? null : `ended with ${signal ?? `exit code ${code}`}`;
      resolve(judge(words.replaceAll(`${program}: `, '').trim(), ending));
    });
  });
  return { input: child.stdin, output: child.stdout, stopsEarly, failure: () => ended };
}

function shorten(text: string): string {
  return text.length <= MOST_WORDS ? text : text.slice(0, MOST_WORDS / 2) + text.slice(-MOST_WORDS / 2);
}
