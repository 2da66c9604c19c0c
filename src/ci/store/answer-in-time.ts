/** Milliseconds. */
const QUERY_LIMIT = 120_000;

/**
 * Waits for what a server answers. One that does not answer in time is taken for lost.
 *
 * @param onLate called before it fails for that reason
 */
export async function answerInTime<T>(work: Promise<T>, onLate: () => void): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      onLate();
      reject(new Error(`no answer within ${QUERY_LIMIT / 1000} s`));
    }, QUERY_LIMIT);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
