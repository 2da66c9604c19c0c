/** Like Promise.all, but nothing is left running when one fails; of several that fail the first of them is told. */
export async function settleAll<T extends readonly unknown[] | []>(
  works: T,
): Promise<{ -readonly [P in keyof T]: Awaited<T[P]> }> {
  await Promise.allSettled(works);
  return await Promise.all(works);
}
