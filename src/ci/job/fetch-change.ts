import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { VirtbsError } from '../../errors.js';
import { openBareRepository, type BareRepository, type BareRepositoryOptions } from './bare-repository.js';

export interface FetchChangeOptions extends Omit<BareRepositoryOptions, 'holder'> {
  readonly project: string;
  /** What git fetches: a ref, a branch or a revision. */
  readonly ref: string;
  /** The branch that a change is for, where it is known. */
  readonly branch?: string | undefined;
  /** The folder that the checkout becomes. */
  readonly directory: string;
}

export interface FetchedChange {
  readonly revision: string;
  /** The messages of the commits that a change adds to its branch, its own first. */
  readonly messages: readonly string[];
}

const REF = /^(?:refs\/)?[\w.][\w./+@#-]*$/;

/** Commits of a chain whose messages are read. */
const LONGEST_CHAIN = 50;

/**
 * Fetches a change, and everything that it stands on, and checks it out. The checkout knows nothing of where it came from.
 *
 * @throws VirtbsError `usage` for a name that is none of git's; `program-failed` with git's words
 */
export async function fetchChange(options: FetchChangeOptions): Promise<FetchedChange> {
  const { project, ref, branch, directory } = options;
  if (!isRef(ref)) throw new VirtbsError('usage', `${JSON.stringify(ref)} is no name of a branch or a revision`);
  await using bare = await openBareRepository({ ...options, holder: `fetch of ${project}` });
  const { git } = bare;
  const mark = `refs/virtbs/${createHash('sha256').update(directory).digest('hex').slice(0, 16)}`;
  const messages = await fetchInto(bare, { ref, branch, mark });
  await rm(directory, { recursive: true, force: true });
  await git('init', '--quiet', directory);
  await git('-C', directory, 'fetch', '--quiet', bare.path, `+${mark}:refs/heads/change`);
  await git('-C', bare.path, 'update-ref', '-d', mark);
  await git('-C', directory, '-c', 'core.hooksPath=/dev/null', 'checkout', '--quiet', 'change');
  return { revision: await git('-C', directory, 'rev-parse', 'HEAD'), messages };
}

/** Returns whether a repository has a branch. */
export async function hasBranch(
  branch: string,
  options: Omit<BareRepositoryOptions, 'holder'> & { readonly project: string },
): Promise<boolean> {
  if (branch === '' || !isRef(branch)) return false;
  await using bare = await openBareRepository({ ...options, holder: `look at branches of ${options.project}` });
  return (await bare.git('-C', bare.path, 'ls-remote', '--heads', 'source', `refs/heads/${branch}`)) !== '';
}

/** Fetches a ref as `mark`, and reads the messages of its commits. */
async function fetchInto(
  { git, path }: BareRepository,
  { ref, branch = '', mark }: { readonly ref: string; readonly branch: string | undefined; readonly mark: string },
): Promise<readonly string[]> {
  const fetch = async (...refs: readonly string[]): Promise<unknown> =>
    await git('-C', path, 'fetch', '--quiet', '--no-tags', 'source', ...refs);
  const read = async (...words: readonly string[]): Promise<readonly string[]> =>
    (await git('-C', path, 'log', '--first-parent', '--format=%B%x00', ...words))
      .split('\0')
      .map((text) => text.trim());
  const own = `+${ref}:${mark}`;
  const base = `${mark}-branch`;
  // Where the branch is not there, only the last commit is surely a part of the change.
  const isWhole =
    isRef(branch) &&
    (await fetch(own, `+refs/heads/${branch}:${base}`).then(
      () => true,
      () => false,
    ));
  if (!isWhole) {
    await fetch(own);
    return await read('--max-count=1', mark);
  }
  const messages = await read(`--max-count=${LONGEST_CHAIN}`, mark, '--not', base);
  await git('-C', path, 'update-ref', '-d', base);
  return messages;
}

function isRef(text: string): boolean {
  return REF.test(text) && !text.includes('..');
}
