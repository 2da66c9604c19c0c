import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { renderSize } from '../../text/render-size.js';
import { detectFormat, type ResultFormat } from './detect-format.js';
import { parseJunit } from './parse-junit.js';
import { parseSubunit } from './parse-subunit.js';
import { parseTap } from './parse-tap.js';
import type { ParsedResults, ResultLimits, ResultSource } from './parsed-results.js';

/** Bytes of a file that are read, after it was unpacked. */
const MOST_BYTES = 512 * 1024 * 1024;

/** Bytes that tell the format. */
const START = 64 * 1024;

export interface ReadResultsOptions {
  /** The format; told by the content where not given. */
  readonly format?: ResultFormat | undefined;
  /** The name for places; the path where not given. */
  readonly name?: string;
  readonly limits?: Partial<ResultLimits>;
  readonly mostBytes?: number;
  readonly signal?: AbortSignal;
}

const PARSERS: Readonly<Record<ResultFormat, (source: ResultSource) => Promise<ParsedResults>>> = {
  subunit: parseSubunit,
  junit: parseJunit,
  tap: parseTap,
};

/**
 * Reads a file of results, also one that is packed with gzip, a piece at a time: memory is bounded by the limits, whatever is in it.
 * What is wrong with the content comes back as problems.
 *
 * @throws Error of the file system where the file cannot be read
 */
export async function readResultFile(path: string, options: ReadResultsOptions = {}): Promise<ParsedResults> {
  // A file that a VM gave can be a link, or a pipe that nobody writes to.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!(await file.stat()).isFile()) {
      return refuse({ name: path, ...options }, 'this is no file');
    }
    return await readResults(file.createReadStream({ autoClose: false }), { name: path, ...options });
  } finally {
    await file.close();
  }
}

/** Reads results from bytes as they come. */
export async function readResults(
  bytes: AsyncIterable<Uint8Array>,
  options: ReadResultsOptions,
): Promise<ParsedResults> {
  const [start, all] = await peek(bytes, START);
  if (start[0] !== 0x1f || start[1] !== 0x8b) return await readPlain(start, all, options);
  try {
    // Once: there are packed files that unpack to themselves.
    return await readPlain(...(await peek(unpack(all), START)), options);
  } catch (error) {
    const why = packingError(error);
    if (why === undefined) throw error;
    return refuse(options, why);
  }
}

async function readPlain(
  start: Uint8Array,
  bytes: AsyncIterable<Uint8Array>,
  options: ReadResultsOptions,
): Promise<ParsedResults> {
  const { format, name = 'results', limits = {}, mostBytes = MOST_BYTES, signal } = options;
  if (start.length === 0) return refuse(options, 'the file is empty');
  const found = format ?? detectFormat(start);
  if (!found) return refuse(options, 'neither subunit v2, JUnit XML nor TAP is in it');
  const state: { cut?: string } = {};
  const parsed = await PARSERS[found]({ name, limits, bytes: limit(bytes, { mostBytes, state, signal }) });
  if (state.cut === undefined) return parsed;
  return { tests: parsed.tests, problems: [{ place: name, message: state.cut }, ...parsed.problems] };
}

function refuse({ name = 'results' }: ReadResultsOptions, message: string): ParsedResults {
  return { tests: [], problems: [{ place: name, message }] };
}

/** Returns the first bytes, and all bytes. A failure behind the first bytes comes when all are read. */
async function peek(
  bytes: AsyncIterable<Uint8Array>,
  most: number,
): Promise<readonly [Uint8Array, AsyncIterable<Uint8Array>]> {
  const iterator = bytes[Symbol.asyncIterator]();
  const chunks: Uint8Array[] = [];
  let length = 0;
  let rest: AsyncIterable<Uint8Array> = { [Symbol.asyncIterator]: () => iterator };
  try {
    while (length < most) {
      const next = await iterator.next();
      if (next.done === true) {
        rest = nothing();
        break;
      }
      chunks.push(next.value);
      length += next.value.length;
    }
  } catch (error) {
    if (length === 0) throw error;
    rest = failure(error);
  }
  const start = Buffer.concat(chunks);
  return [start, join(start, rest)];
}

async function* join(start: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield start;
  yield* rest;
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

// oxlint-disable-next-line require-yield -- it has nothing but its error
async function* failure(error: unknown): AsyncGenerator<Uint8Array> {
  throw error;
}

function unpack(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Buffer> {
  const gunzip = createGunzip();
  // An error of either ends the other, and whoever reads is told.
  pipeline(Readable.from(bytes), gunzip, () => undefined);
  return gunzip;
}

interface LimitOptions {
  readonly mostBytes: number;
  /** Gets the reason why not all was read. */
  readonly state: { cut?: string };
  readonly signal: AbortSignal | undefined;
}

async function* limit(
  bytes: AsyncIterable<Uint8Array>,
  { mostBytes, state, signal }: LimitOptions,
): AsyncGenerator<Uint8Array> {
  let left = mostBytes;
  try {
    for await (const chunk of bytes) {
      signal?.throwIfAborted();
      if (chunk.length > left) {
        state.cut = `only the first ${renderSize(mostBytes)} are read`;
        if (left > 0) yield chunk.subarray(0, left);
        return;
      }
      left -= chunk.length;
      yield chunk;
    }
  } catch (error) {
    const why = packingError(error);
    if (why === undefined) throw error;
    state.cut = why;
  }
}

/** Returns what is wrong with a packed file; nothing for other errors. */
function packingError(error: unknown): string | undefined {
  const isPacking = error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');
  return isPacking ? `cannot be unpacked: ${error.message}` : undefined;
}
