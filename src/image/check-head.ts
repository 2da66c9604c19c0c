/** Passes chunks on after `check` has seen the first bytes of them: `length`, or all where there are fewer. */
export async function* checkHead(
  chunks: AsyncIterable<Buffer>,
  length: number,
  check: (head: Buffer) => void,
): AsyncGenerator<Buffer> {
  const first: Buffer[] = [];
  let collected = 0;
  for await (const chunk of chunks) {
    if (collected >= length) {
      yield chunk;
      continue;
    }
    first.push(chunk);
    collected += chunk.length;
    if (collected < length) continue;
    const joined = Buffer.concat(first);
    check(joined.subarray(0, length));
    yield joined;
  }
  if (collected >= length) return;
  const joined = Buffer.concat(first);
  check(joined);
  yield joined;
}
