/** Waits for all, also where one fails, and then fails with the first that failed. */
export async function settleAll<T>(works: readonly Promise<T>[]): Promise<readonly T[]> {
  return (await Promise.allSettled(works)).map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}
