import { watch } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { VirtbsError } from '../errors.js';

export interface FolderWatch extends AsyncDisposable {
  /**
   * Waits until something has changed since the last call, and then until nothing has for a moment.
   *
   * @returns false where the signal was raised
   */
  next(signal: AbortSignal): Promise<boolean>;
}

/** Milliseconds without a change after which the changes of an editor or of git are over. */
const QUIET = 100;

/** Watches a folder and all below it. @throws VirtbsError `file-unreadable` */
export async function watchFolder(path: string): Promise<FolderWatch> {
  let changes = 0;
  let seen = 0;
  let failure: unknown;
  let wake = (): void => undefined;
  const hasChanged = (): boolean => changes !== seen;
  const note = (): void => {
    changes++;
    wake();
  };
  const open = () => {
    try {
      return watch(path, { recursive: true }, note);
    } catch (error) {
      throw unwatched(path, error);
    }
  };
  const watcher = open();
  watcher.on('error', (error) => {
    failure = error;
    note();
  });
  return {
    async next(signal) {
      while (!hasChanged() && !signal.aborted) {
        const { promise, resolve } = waiting();
        wake = resolve;
        signal.addEventListener('abort', resolve, { once: true });
        await promise;
        signal.removeEventListener('abort', resolve);
      }
      while (hasChanged() && !signal.aborted) {
        seen = changes;
        await sleep(QUIET, undefined, { signal }).catch(() => undefined);
      }
      if (failure !== undefined) throw unwatched(path, failure);
      return !signal.aborted;
    },
    async [Symbol.asyncDispose]() {
      watcher.close();
      await Promise.resolve();
    },
  };
}

function waiting(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((end) => {
    resolve = end;
  });
  return { promise, resolve };
}

function unwatched(path: string, cause: unknown): VirtbsError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new VirtbsError('file-unreadable', `${path} cannot be watched: ${reason}`, {
    hint: 'where the limit of watches is reached: sysctl fs.inotify.max_user_watches',
    cause,
  });
}
