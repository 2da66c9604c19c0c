import type { ImageLocation } from './image-location.js';
import { openLocation } from './open-location.js';
import type { OpenOptions, OpenTransfer } from './open-transfer.js';
import type { Retries } from './retries.js';
import { TransferError } from './transfer-error.js';

/** So much after a break makes it worth to go on, however often the connection breaks. */
const WORTH_RENEWING = 1024 * 1024;

/**
 * Opens a file or an HTTP resource like {@link openLocation}, but goes on where a connection broke off: whoever reads the chunks
 * notices a pause. Where that cannot be, since nothing tells that the file is still the same or it is not, the chunks end
 * with a failure that may be cured from the beginning.
 */
export async function followTransfer(
  location: ImageLocation,
  options: OpenOptions & { readonly retries: Retries },
): Promise<OpenTransfer> {
  const transfer = await openLocation(location, options);
  return { ...transfer, chunks: follow(transfer, location, options) };
}

async function* follow(
  opened: OpenTransfer,
  location: ImageLocation,
  options: OpenOptions & { readonly retries: Retries },
): AsyncGenerator<Buffer> {
  const { retries } = options;
  const { validator } = opened;
  let { chunks, start: received } = opened;
  for (;;) {
    const begin = received;
    try {
      for await (const chunk of chunks) {
        received += chunk.length;
        yield chunk;
      }
      return;
    } catch (error) {
      if (received - begin >= WORTH_RENEWING) retries.renew();
      if (validator === null || received === 0) throw error;
      await retries.pause(error);
    }
    chunks = await reopen(location, { ...options, from: { start: received, validator } });
  }
}

/** The rest of a file. A transfer that is not wanted ends with the signal. */
async function reopen(
  location: ImageLocation,
  options: OpenOptions & { readonly retries: Retries },
): Promise<AsyncIterable<Buffer>> {
  for (;;) {
    try {
      const { chunks, start } = await openLocation(location, options);
      if (start === options.from?.start) return chunks;
    } catch (error) {
      await options.retries.pause(error);
      continue;
    }
    throw new TransferError(`${location.label}: the server does not go on where the connection broke off`, {
      transient: true,
      hint: 'the file was replaced meanwhile, or the server can only send it whole: try again',
    });
  }
}
