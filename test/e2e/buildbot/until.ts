import { setTimeout as delay } from 'node:timers/promises';

/** Waits until a condition holds. @throws Error after half an hour */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let left = 18_000; left > 0; left--) {
    if (await condition()) return;
    await delay(100);
  }
  throw new Error(`${what} did not come`);
}
