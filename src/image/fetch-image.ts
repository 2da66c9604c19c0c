import { createHash } from 'node:crypto';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { VirtbsError } from '../errors.js';
import { downloadPaths, type DownloadPaths } from '../filenames.js';
import { buildFiles } from './build-record.js';
import { checkHead } from './check-head.js';
import { decompress } from './decompress.js';
import type { ExpectedDigest } from './expected-digests.js';
import { extractMember } from './extract-member.js';
import { assertServed, compressionOf, formatOf, HEAD_BYTES, plainName } from './image-head.js';
import type { ImageLocation } from './image-location.js';
import { limitLength } from './limit-length.js';
import type { MakeImageContext } from './make-image-context.js';
import { measureProgress } from './measure-progress.js';
import { openServed } from './open-served.js';
import { findPart, removePart, type KeptPart } from './part-file.js';
import { digestOf } from '../digest-of.js';
import { createRetries, type Retries } from './retries.js';
import { TransferError } from './transfer-error.js';
import type { DownloadRecipe, ImageFormat } from '../config/image-recipe.js';
import { withRetries } from './with-retries.js';
import { writeSparse } from './write-sparse.js';

export interface FetchOptions extends Omit<MakeImageContext, 'recipe'> {
  readonly recipe: DownloadRecipe;
  readonly expected: readonly ExpectedDigest[];
}

export interface FetchedImage {
  readonly format: ImageFormat;
  /** Digests, in the order of the expected ones: `ALGORITHM:HEX`. */
  readonly digests: readonly string[];
}

interface TransferOptions extends FetchOptions {
  readonly retries: Retries;
  readonly paths: DownloadPaths;
}

const DEFAULT_MAX_BYTES = 100 * 1024 ** 3;

/**
 * Fetches an image from one place to `disk.FORMAT` in the folder of the build. What has come of a transfer that breaks off
 * stays under the root, and the next call goes on from there, unless no digest could tell whether both belong together.
 */
export async function fetchImage(location: ImageLocation, options: FetchOptions): Promise<FetchedImage> {
  const { root, slot, expected, signal, emit, retryDelays: delays } = options;
  const paths = downloadPaths(root, slot, partKey(location, expected));
  const retries = createRetries({ signal, emit, delays });
  if (!isVerified(expected)) await removePart(paths);
  try {
    return await withRetries(() => goOn(location, { ...options, retries, paths }), retries);
  } catch (error) {
    const brokeOff = signal.aborted || (error instanceof TransferError && error.transient);
    if (!brokeOff || !isVerified(expected)) await removePart(paths);
    throw error;
  }
}

function partKey({ label }: ImageLocation, expected: readonly ExpectedDigest[]): string {
  return digestOf({ label, expected }).slice(0, 16);
}

function isVerified(expected: readonly ExpectedDigest[]): boolean {
  return expected.every(({ digests }) => digests !== null);
}

/** A part may be damaged, by a power failure for one: what is wrong with the whole is told only after another try without. */
async function goOn(location: ImageLocation, options: TransferOptions): Promise<FetchedImage> {
  const { paths, emit } = options;
  const kept = await findPart(paths);
  try {
    return await transfer(location, kept, options);
  } catch (error) {
    if (!kept || !(error instanceof VirtbsError) || error.code !== 'image-corrupt') throw error;
    emit({ type: 'warning', message: `${error.message}; it was put together of two transfers, starting anew` });
    await removePart(paths);
    return await transfer(location, undefined, options);
  }
}

/** One stream: what comes is digested as served, decompressed, looked at, and written. */
async function transfer(
  location: ImageLocation,
  kept: KeptPart | undefined,
  options: TransferOptions,
): Promise<FetchedImage> {
  const { directory, recipe, expected, slot, emit, environment, paths, retries } = options;
  const { maxBytes = DEFAULT_MAX_BYTES } = options;
  const compression = recipe.compression ?? compressionOf(location.name);
  const { member } = recipe;
  const hashes = expected.map(({ algorithm }) => ({ algorithm, hash: createHash(algorithm) }));
  const partial = join(directory, 'partial');
  // Where writing fails the other end may be silent: nothing then waits for its next bytes.
  const ending = new AbortController();
  const signal = AbortSignal.any([options.signal, ending.signal]);
  try {
    const verified = isVerified(expected);
    await using source = await openServed(location, { signal, environment, verified, retries, paths, kept });
    const report = measureProgress({ slot, total: source.total, start: source.start, emit });
    const digested = observe(source.chunks, (chunk, received) => {
      for (const { hash } of hashes) hash.update(chunk);
      report(received);
    });
    const served = checkHead(digested, HEAD_BYTES, (head) => assertServed(head, compression));
    const plain = compression === 'none' ? served : decompress(served, compression);
    let format: ImageFormat = 'raw';
    const image = checkHead(member === undefined ? plain : extractMember(plain, member), HEAD_BYTES, (head) => {
      format = formatOf(head, recipe.format, member ?? plainName(location.name, compression));
    });
    const limited = limitLength(image, maxBytes);
    // The bytes that are kept are the image itself where nothing was done with them.
    const isImage = source.part !== undefined && compression === 'none' && member === undefined;
    if (isImage) await exhaust(limited);
    else await writeSparse(partial, limited);
    const digests = hashes.map(({ algorithm, hash }) => `${algorithm}:${hash.digest('hex')}`);
    for (const [index, known] of expected.entries()) assertDigest(digests[index], known);
    if (isImage) await source.part?.sparse.finish();
    await rename(isImage ? paths.part : partial, buildFiles(directory, format).disk);
    return { format, digests };
  } catch (error) {
    throw nameLocation(location, error);
  } finally {
    ending.abort();
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

async function exhaust(chunks: AsyncIterable<Buffer>): Promise<void> {
  for await (const _chunk of chunks) continue;
}

/** Adds the place to an error of code that looks at bytes and does not know where they come from. */
export function nameLocation({ label }: ImageLocation, error: unknown): unknown {
  if (!(error instanceof VirtbsError) || error.code !== 'image-corrupt') return error;
  const { code, message, hint, cause } = error;
  return new VirtbsError(code, `${label}: ${message}`, { ...(hint !== undefined && { hint }), cause });
}

function assertDigest(found: string | undefined, { algorithm, digests }: ExpectedDigest): void {
  if (digests === null || digests.some((digest) => found === `${algorithm}:${digest}`)) return;
  throw new VirtbsError(
    'image-corrupt',
    `the file has ${found ?? `no ${algorithm}`}, expected ${algorithm}:${digests.join(' or ')}`,
    {
      hint: 'if the publisher has replaced the image, correct the digest in the recipe; if not, do not trust this copy',
    },
  );
}
