import { posix } from 'node:path';
import { VirtbsError } from '../errors.js';
import { decodeText } from '../text/decode-text.js';
import { findDigests, HEX_DIGITS, type DigestAlgorithm } from './find-digests.js';
import { parseLocation, type ImageLocation } from './image-location.js';
import { openLocation } from './open-location.js';
import type { OpenOptions } from './open-transfer.js';
import { createRetries, type RetryOptions } from './retries.js';
import type { DownloadRecipe } from '../config/image-recipe.js';
import { withRetries } from './with-retries.js';

export interface ExpectedDigest {
  readonly algorithm: DigestAlgorithm;
  /** Lower-case hex, any of which is right; null where the image is accepted with any at all. */
  readonly digests: readonly string[] | null;
}

type ListOptions = RetryOptions & Pick<OpenOptions, 'environment'>;

const MOST_LIST_BYTES = 4 * 1024 * 1024;

/**
 * Returns the digests that the file of a recipe must have: those of the recipe, or those in the lists that it points to.
 * Mirrors may have the file under different names; the first that a list has counts.
 *
 * @throws VirtbsError `config-invalid` where the recipe has none and is not `insecure`, or one that cannot be a digest;
 *   `image-corrupt` where a list does not name the file; what fetching a list throws
 */
export async function expectedDigests(
  recipe: DownloadRecipe,
  mirrors: readonly ImageLocation[],
  options: ListOptions,
): Promise<readonly ExpectedDigest[]> {
  const expected: ExpectedDigest[] = [];
  for (const algorithm of ['sha256', 'sha512'] as const) {
    const given = recipe[algorithm];
    if (given === undefined) continue;
    const literal = literalDigest(algorithm, given);
    const digests =
      literal === undefined
        ? await listedDigests(algorithm, parseLocation(given, algorithm), { recipe, mirrors, ...options })
        : [literal];
    expected.push({ algorithm, digests });
  }
  if (expected.length > 0) return expected;
  if (recipe.insecure === true) return [{ algorithm: 'sha256', digests: null }];
  throw new VirtbsError('config-invalid', `${mirrors[0]?.label} has neither sha256 nor sha512`, {
    hint: 'add the digest or the URL of the list that has it, or set insecure: true to take whatever comes',
  });
}

function literalDigest(algorithm: DigestAlgorithm, given: string): string | undefined {
  const text = given.trim();
  if (!/^[0-9a-f]{32,}$/i.test(text)) return undefined;
  if (text.length === HEX_DIGITS[algorithm]) return text.toLowerCase();
  throw new VirtbsError(
    'config-invalid',
    `${algorithm}: ${text} has ${text.length} hex digits instead of ${HEX_DIGITS[algorithm]}`,
    {
      hint: 'copy it again, whole',
    },
  );
}

async function listedDigests(
  algorithm: DigestAlgorithm,
  list: ImageLocation,
  { recipe, mirrors, ...options }: ListOptions & ListedDigestsOptions,
): Promise<readonly string[]> {
  const bytes = await readList(list, options);
  const signed = recipe.keyring === undefined ? bytes : await verifyList(list, { ...recipe, ...options, bytes });
  const text = decodeText(signed);
  for (const mirror of mirrors) {
    const request = { algorithm, name: mirror.name, path: pathFrom(list, mirror), listName: list.name };
    const digests = findDigests(text, request);
    if (digests.length > 0) return digests;
  }
  const names = [...new Set(mirrors.map(({ name }) => name))];
  throw new VirtbsError('image-corrupt', `${list.label} has no ${algorithm} digest of ${names.join(', ')}`, {
    hint: `see whether ${algorithm} of the recipe is the address of the list that belongs to the url`,
  });
}

/** The path of a file from the folder of a list; from the root of its server where the list is on another one. */
function pathFrom(list: ImageLocation, file: ImageLocation): string | undefined {
  try {
    const path = decodeURIComponent(file.url.pathname);
    return list.url.origin === file.url.origin && list.url.protocol === file.url.protocol
      ? posix.relative(posix.dirname(decodeURIComponent(list.url.pathname)), path)
      : path.slice(1);
  } catch {
    return undefined;
  }
}

interface ListedDigestsOptions {
  readonly recipe: DownloadRecipe;
  readonly mirrors: readonly ImageLocation[];
}

/** The list as the owner of a key in the keyring has signed it. */
async function verifyList(
  list: ImageLocation,
  { bytes, keyring = '', signature, ...options }: ListOptions & DownloadRecipe & { readonly bytes: Buffer },
): Promise<Buffer> {
  const location = signature === undefined ? undefined : parseLocation(signature, 'signature');
  const { openSignedList } = await import('./open-signed-list.js');
  return await openSignedList({
    list: { label: list.label, bytes },
    signature: location && { label: location.label, bytes: await readList(location, options) },
    keyring,
    signal: options.signal,
  });
}

function readList(list: ImageLocation, options: ListOptions): Promise<Buffer> {
  return withRetries(() => readOnce(list, options), createRetries(options));
}

async function readOnce(list: ImageLocation, { signal, environment }: ListOptions): Promise<Buffer> {
  const { chunks } = await openLocation(list, { signal, environment, verified: false });
  const parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > MOST_LIST_BYTES) {
      throw new VirtbsError(
        'image-corrupt',
        `${list.label} is no list of digests: it has more than ${MOST_LIST_BYTES} bytes`,
        {
          hint: 'see whether the recipe has the address of the image where that of its list belongs',
        },
      );
    }
    parts.push(chunk);
  }
  return Buffer.concat(parts);
}
