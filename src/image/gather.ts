/** The same bytes in chunks of at least `length`, save the last: fewer and larger writes. */
export async function* gather(chunks: AsyncIterable<Buffer>, length: number): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let collected = 0;
  for await (const chunk of chunks) {
    parts.push(chunk);
    collected += chunk.length;
    if (collected < length) continue;
    yield parts.length === 1 ? chunk : Buffer.concat(parts);
    parts = [];
    collected = 0;
  }
  if (collected > 0) yield Buffer.concat(parts);
}
