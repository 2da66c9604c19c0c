import { VirtbsError } from '../errors.js';

/** Does the same to several slices at once, tries all of them, then fails once with everything that failed. */
export async function onSlices<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results = await Promise.allSettled(items.map(work));
  const reasons = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
  const [first] = reasons;
  if (reasons.length === 1) throw first;
  if (first !== undefined) throw joinFailures(reasons);
  return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
}

function joinFailures(reasons: readonly unknown[]): unknown {
  const failures = reasons.filter((reason) => reason instanceof VirtbsError);
  const [first] = failures;
  if (!first || failures.length < reasons.length) return reasons.find((reason) => !(reason instanceof VirtbsError));
  const message = failures.map((failure) => failure.message).join('\n');
  return new VirtbsError(first.code, message, { ...(first.hint !== undefined && { hint: first.hint }), cause: first });
}
