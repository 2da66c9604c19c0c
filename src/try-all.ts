import { VirtbsError } from './errors.js';

/**
 * Waits for all works, and returns their results in the same order. Where some fail, it fails once, after all of them: with the one
 * reason, or with the messages of all.
 */
export async function tryAll<T>(works: readonly PromiseLike<T>[]): Promise<readonly T[]> {
  const results = await Promise.allSettled(works);
  const [first, ...others] = reasonsIn(results);
  if (first !== undefined) throw others.length === 0 ? first : joinReasons([first, ...others]);
  return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
}

/** Waits for all works, and returns why some of them failed. */
export async function failuresOf(works: readonly PromiseLike<unknown>[]): Promise<readonly unknown[]> {
  return reasonsIn(await Promise.allSettled(works));
}

/** Returns the messages of all reasons, a line each. */
export function showReasons(reasons: readonly unknown[]): string {
  return reasons.map((reason) => (reason instanceof Error ? reason.message : String(reason))).join('\n');
}

function reasonsIn(results: readonly PromiseSettledResult<unknown>[]): readonly unknown[] {
  return results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
}

/** A reason that is a bug is not hidden behind others. */
function joinReasons(reasons: readonly unknown[]): unknown {
  const failures = reasons.filter((reason) => reason instanceof VirtbsError);
  const [first] = failures;
  if (!first || failures.length < reasons.length) return reasons.find((reason) => !(reason instanceof VirtbsError));
  const { code, hint } = first;
  return new VirtbsError(code, showReasons(failures), { ...(hint !== undefined && { hint }), cause: first });
}
