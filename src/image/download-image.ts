import { createHash } from 'node:crypto';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { VirtbsError } from '../errors.js';
import { buildFiles } from './build-record.js';
import { checkHead } from './check-head.js';
import { decompress } from './decompress.js';
import { expectedDigests, type ExpectedDigest } from './expected-digests.js';
import { assertServed, compressionOf, formatOf, HEAD_BYTES } from './image-head.js';
import { parseLocation, type ImageLocation } from './image-location.js';
import { readVirtualSize } from './inspect-disk.js';
import type { MadeImage, MakeImageContext } from './make-build.js';
import { openLocation } from './open-location.js';
import type { DownloadRecipe, ImageFormat } from './types.js';
import { withRetries } from './with-retries.js';
import { writeSparse } from './write-sparse.js';

interface Transferred {
  readonly format: ImageFormat;
  /** In the order of the expected ones: `ALGORITHM:HEX`. */
  readonly digests: readonly string[];
}

const DEFAULT_MAX_BYTES = 100 * 1024 ** 3;
const PROGRESS_MILLISECONDS = 100;

/**
 * Fetches an image. One stream: what comes is digested as served, decompressed, looked at, and written, so that it takes as
 * long as the slowest of these.
 *
 * @throws VirtbsError `image-download-failed`, `image-corrupt`, `config-invalid`, `file-unreadable`, `program-missing`
 */
export async function downloadImage(recipe: DownloadRecipe, context: MakeImageContext): Promise<MadeImage> {
  const { directory, signal, emit, retryDelays: delays } = context;
  const location = parseLocation([recipe.url].flat()[0] ?? '', 'url');
  const expected = await expectedDigests(recipe, location, { signal, emit, delays });
  const partial = join(directory, 'partial');
  const attempt = () => naming(location, transfer(partial, location, { ...context, recipe, expected }));
  const { format, digests } = await withRetries(attempt, { signal, emit, delays });
  for (const [index, digest] of expected.entries()) assertDigest(location, digests[index], digest);
  const { disk } = buildFiles(directory, format);
  await rename(partial, disk);
  const virtualSize = await naming(location, readVirtualSize(disk, format, signal));
  return { format, virtualSize, content: digests[0] ?? '' };
}

interface TransferOptions extends Omit<MakeImageContext, 'recipe'> {
  readonly recipe: DownloadRecipe;
  readonly expected: readonly ExpectedDigest[];
}

async function transfer(path: string, location: ImageLocation, options: TransferOptions): Promise<Transferred> {
  const { recipe, expected, slot, emit, maxBytes = DEFAULT_MAX_BYTES } = options;
  const compression = recipe.compression ?? compressionOf(location.name);
  const verified = expected.every(({ digest }) => digest !== null);
  const hashes = expected.map(({ algorithm }) => ({ algorithm, hash: createHash(algorithm) }));
  // Where writing fails the other end may be silent: nothing then waits for its next bytes.
  const ending = new AbortController();
  const signal = AbortSignal.any([options.signal, ending.signal]);
  try {
    const { chunks, total } = await openLocation(location, { signal, verified });
    const report = throttle((received: number) => emit({ type: 'image-progress', slot, received, total }));
    const digested = observe(chunks, (chunk, received) => {
      for (const { hash } of hashes) hash.update(chunk);
      report(received);
    });
    const served = checkHead(digested, HEAD_BYTES, (head) => assertServed(head, compression));
    let format: ImageFormat = 'raw';
    const image = checkHead(compression === 'none' ? served : decompress(served, compression), HEAD_BYTES, (head) => {
      format = formatOf(head, recipe.format);
    });
    await writeSparse(path, image, maxBytes);
    return { format, digests: hashes.map(({ algorithm, hash }) => `${algorithm}:${hash.digest('hex')}`) };
  } finally {
    ending.abort();
  }
}

/** What looks at bytes does not know where they come from; its complaints get the place here. */
async function naming<T>(location: ImageLocation, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof VirtbsError) || error.code !== 'image-corrupt') throw error;
    const { code, message, hint, cause } = error;
    throw new VirtbsError(code, `${location.label}: ${message}`, { ...(hint !== undefined && { hint }), cause });
  }
}

async function* observe(
  chunks: AsyncIterable<Buffer>,
  see: (chunk: Buffer, received: number) => void,
): AsyncGenerator<Buffer> {
  let received = 0;
  for await (const chunk of chunks) {
    received += chunk.length;
    see(chunk, received);
    yield chunk;
  }
}

/** Lets through the first call and then at most one in `PROGRESS_MILLISECONDS`. */
function throttle(report: (received: number) => void): (received: number) => void {
  let last = -Infinity;
  return (received) => {
    const now = performance.now();
    if (now - last < PROGRESS_MILLISECONDS) return;
    last = now;
    report(received);
  };
}

function assertDigest(location: ImageLocation, found: string | undefined, { algorithm, digest }: ExpectedDigest): void {
  if (digest === null || found === `${algorithm}:${digest}`) return;
  throw new VirtbsError(
    'image-corrupt',
    `${location.label} has ${found ?? `no ${algorithm}`}, expected ${algorithm}:${digest}`,
    {
      hint: 'if the publisher has replaced the image, correct the digest in the recipe; if not, do not trust this copy',
    },
  );
}
