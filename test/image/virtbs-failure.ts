import { VirtbsError } from '../../src/errors.js';

/** The failure that an attempt must end with. */
export async function virtbsFailure(attempt: Promise<unknown>): Promise<VirtbsError> {
  const error: unknown = await attempt.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof VirtbsError) return error;
  throw new Error('no VirtbsError was thrown', { cause: error });
}
