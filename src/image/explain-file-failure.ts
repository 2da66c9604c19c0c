import { VirtbsError } from '../errors.js';

/** Hints for failures of the file system. */
export interface FileHints {
  /** The hint where no space is left. */
  readonly full: string;
  readonly other: string;
}

const HINTS: FileHints = {
  full: 'free some space there',
  other: 'see who owns the files, and whether the disk is in order',
};

/**
 * Says in which words a failure of the file system is told; whatever else fails passes as it is.
 *
 * @param subject what was worked on: `image mini`
 * @throws VirtbsError `not-enough-disk`, `file-unwritable`
 */
export async function explainFileFailure<T>(subject: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw describeFileFailure(subject, error, HINTS);
  }
}

/** A failure of the file system in words for people; any other error as it is. */
export function describeFileFailure(subject: string, error: unknown, hints: FileHints): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (!(error instanceof Error) || typeof code !== 'string' || !('syscall' in error)) return error;
  const isFull = code === 'ENOSPC' || code === 'EDQUOT';
  return new VirtbsError(
    isFull ? 'not-enough-disk' : 'file-unwritable',
    `${subject}: ${isFull ? 'no space left: ' : ''}${error.message}`,
    { hint: isFull ? hints.full : hints.other, cause: error },
  );
}
