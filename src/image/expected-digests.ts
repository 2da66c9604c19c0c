import { VirtbsError } from '../errors.js';
import { findDigest, HEX_DIGITS, type DigestAlgorithm } from './find-digest.js';
import { parseLocation, type ImageLocation } from './image-location.js';
import { openLocation, type OpenOptions } from './open-location.js';
import { createRetries, type RetryOptions } from './retries.js';
import type { DownloadRecipe } from './types.js';
import { withRetries } from './with-retries.js';

export interface ExpectedDigest {
  readonly algorithm: DigestAlgorithm;
  /** Lower-case hex, or null where the image is accepted with any. */
  readonly digest: string | null;
}

type ListOptions = RetryOptions & Pick<OpenOptions, 'environment'>;

const MOST_LIST_BYTES = 4 * 1024 * 1024;

/**
 * What the file of a recipe has to digest to: as the recipe says, or as the lists say that it points to. Mirrors may have the
 * file under different names; the first that a list has counts.
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
    const digest =
      literalDigest(algorithm, given) ??
      (await listedDigest(algorithm, parseLocation(given, algorithm), { recipe, mirrors, ...options }));
    expected.push({ algorithm, digest });
  }
  if (expected.length > 0) return expected;
  if (recipe.insecure === true) return [{ algorithm: 'sha256', digest: null }];
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

async function listedDigest(
  algorithm: DigestAlgorithm,
  list: ImageLocation,
  { recipe, mirrors, ...options }: ListOptions & ListedDigestOptions,
): Promise<string> {
  const bytes = await readList(list, options);
  const signed = recipe.keyring === undefined ? bytes : await verifyList(list, { ...recipe, ...options, bytes });
  const text = signed.toString('utf8');
  const names = [...new Set(mirrors.map(({ name }) => name))];
  for (const name of names) {
    const digest = findDigest(text, { algorithm, name, listName: list.name });
    if (digest !== undefined) return digest;
  }
  throw new VirtbsError('image-corrupt', `${list.label} has no ${algorithm} digest of ${names.join(', ')}`, {
    hint: `see whether ${algorithm} of the recipe is the address of the list that belongs to the url`,
  });
}

interface ListedDigestOptions {
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
