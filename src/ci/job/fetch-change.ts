import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { VirtbsError } from '../../errors.js';
import type { ChangeEvent } from '../change-event.js';
import { openBareRepository, type BareRepositoryOptions } from './bare-repository.js';

export interface FetchChangeOptions extends Omit<BareRepositoryOptions, 'holder'> {
  readonly event: ChangeEvent;
  /** The folder that the checkout becomes. */
  readonly directory: string;
}

const REF = /^(?:refs\/)?[\w.][\w./+@#-]*$/;

/**
 * Fetches what an event is about, and everything that it stands on, and checks it out. The checkout knows nothing of where it came from.
 *
 * @returns the revision
 * @throws VirtbsError `usage` for a name that is none of git's; `program-failed` with git's words
 */
export async function fetchChange(options: FetchChangeOptions): Promise<string> {
  const { event, directory } = options;
  const ref = event.patchSet?.ref ?? event.revision ?? event.branch;
  if (!REF.test(ref) || ref.includes('..')) {
    throw new VirtbsError('usage', `${JSON.stringify(ref)} is no name of a branch or a revision`);
  }
  await using bare = await openBareRepository({ ...options, holder: `fetch of ${event.project}` });
  const { git } = bare;
  const mark = `refs/virtbs/${createHash('sha256').update(directory).digest('hex').slice(0, 16)}`;
  await git('-C', bare.path, 'fetch', '--quiet', '--no-tags', 'source', `+${ref}:${mark}`);
  await rm(directory, { recursive: true, force: true });
  await git('init', '--quiet', directory);
  await git('-C', directory, 'fetch', '--quiet', bare.path, `+${mark}:refs/heads/change`);
  await git('-C', bare.path, 'update-ref', '-d', mark);
  await git('-C', directory, '-c', 'core.hooksPath=/dev/null', 'checkout', '--quiet', 'change');
  return await git('-C', directory, 'rev-parse', 'HEAD');
}
