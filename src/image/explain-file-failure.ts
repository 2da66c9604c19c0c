import { VirtbsError } from '../errors.js';

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
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (!(error instanceof Error) || typeof code !== 'string' || !('syscall' in error)) throw error;
    const isFull = code === 'ENOSPC' || code === 'EDQUOT';
    throw new VirtbsError(
      isFull ? 'not-enough-disk' : 'file-unwritable',
      `${subject}: ${isFull ? 'no space left: ' : ''}${error.message}`,
      {
        hint: isFull ? 'free some space there' : 'see who owns the files, and whether the disk is in order',
        cause: error,
      },
    );
  }
}
