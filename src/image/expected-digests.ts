import { VirtbsError } from '../errors.js';
import type { VirtbsEvent } from '../events.js';
import { findDigest, HEX_DIGITS, type DigestAlgorithm } from './find-digest.js';
import { parseLocation, type ImageLocation } from './image-location.js';
import { openLocation } from './open-location.js';
import type { DownloadRecipe } from './types.js';
import { withRetries } from './with-retries.js';

export interface ExpectedDigest {
  readonly algorithm: DigestAlgorithm;
  /** Lower-case hex, or null where the image is accepted with any. */
  readonly digest: string | null;
}

export interface ExpectedDigestsOptions {
  readonly signal: AbortSignal;
  readonly emit: (event: VirtbsEvent) => void;
  readonly delays?: readonly number[] | undefined;
}

const MOST_LIST_BYTES = 4 * 1024 * 1024;

/**
 * What the file of a recipe has to digest to: as the recipe says, or as the lists say that it points to.
 *
 * @throws VirtbsError `config-invalid` where the recipe has none and is not `insecure`, or one that cannot be a digest;
 *   `image-corrupt` where a list does not name the file; what fetching a list throws
 */
export async function expectedDigests(
  recipe: DownloadRecipe,
  image: ImageLocation,
  options: ExpectedDigestsOptions,
): Promise<readonly ExpectedDigest[]> {
  const expected: ExpectedDigest[] = [];
  for (const algorithm of ['sha256', 'sha512'] as const) {
    const given = recipe[algorithm];
    if (given === undefined) continue;
    const digest =
      literalDigest(algorithm, given) ??
      (await listedDigest(algorithm, parseLocation(given, algorithm), { image, ...options }));
    expected.push({ algorithm, digest });
  }
  if (expected.length > 0) return expected;
  if (recipe.insecure === true) return [{ algorithm: 'sha256', digest: null }];
  throw new VirtbsError('config-invalid', `${image.label} has neither sha256 nor sha512`, {
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

async function listedDigest(
  algorithm: DigestAlgorithm,
  list: ImageLocation,
  { image, ...options }: ExpectedDigestsOptions & { readonly image: ImageLocation },
): Promise<string> {
  const text = await withRetries(() => readList(list, options.signal), options);
  const digest = findDigest(text, { algorithm, name: image.name, listName: list.name });
  if (digest !== undefined) return digest;
  throw new VirtbsError('image-corrupt', `${list.label} has no ${algorithm} digest of ${image.name}`, {
    hint: `see whether ${algorithm} of the recipe is the address of the list that belongs to the url`,
  });
}

async function readList(list: ImageLocation, signal: AbortSignal): Promise<string> {
  const { chunks } = await openLocation(list, { signal, verified: false });
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
  return Buffer.concat(parts).toString('utf8');
}
