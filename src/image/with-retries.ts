import type { Retries } from './retries.js';

/** Makes an attempt again, from its beginning, where it failed for a reason that may pass. */
export async function withRetries<T>(attempt: () => Promise<T>, retries: Retries): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      await retries.pause(error);
    }
  }
}
