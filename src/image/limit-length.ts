import { VirtbsError } from '../errors.js';

/**
 * Passes chunks on, up to a number of bytes.
 *
 * @throws VirtbsError `image-corrupt` where there are more
 */
export async function* limitLength(chunks: AsyncIterable<Buffer>, limit: number): AsyncGenerator<Buffer> {
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > limit) throw tooLong(limit);
    yield chunk;
  }
}

function tooLong(limit: number): VirtbsError {
  return new VirtbsError('image-corrupt', `the image has more than ${limit} bytes when decompressed`, {
    hint: 'see whether it is what it says; a small file that grows without end is made to fill disks',
  });
}
