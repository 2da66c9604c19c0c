import type { Store } from '../store/store.js';
import { writePages } from './write-pages.js';

export interface KeepPagesOptions {
  readonly store: Store;
  readonly folder: string;
  /** Told what is wrong; pages that cannot be written keep nothing else from being done. */
  readonly warn: (message: string) => void;
  /** Milliseconds between two times, for what runs; not at all where not given. */
  readonly every?: number;
}

/** Writes the pages anew whenever something has changed. */
export interface PageKeeper extends AsyncDisposable {
  /** Says that something has changed. */
  readonly touch: () => void;
}

/** Milliseconds that are looked back, so that nothing is missed which was written down late. */
const OVERLAP = 60_000;

/** Begins with all pages; then those of what has changed are written, once at a time. Disposing it writes them a last time. */
export function keepPages({ store, folder, warn, every }: KeepPagesOptions): PageKeeper {
  let since: string | undefined;
  let isDue = true;
  let told = '';
  let writing: Promise<void> | undefined;
  const write = async (): Promise<void> => {
    while (isDue) {
      isDue = false;
      const started = new Date(Date.now() - OVERLAP).toISOString();
      try {
        await writePages({ store, folder, since });
        since = started;
      } catch (error) {
        const message = `the pages in ${folder} are not written: ${error instanceof Error ? error.message : String(error)}`;
        if (message !== told) warn(message);
        told = message;
      }
    }
  };
  const touch = (): void => {
    isDue = true;
    writing ??= write().finally(() => {
      writing = undefined;
    });
  };
  const timer = every === undefined ? undefined : setInterval(touch, every);
  timer?.unref();
  touch();
  return {
    touch,
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await writing;
      touch();
      await writing;
    },
  };
}
