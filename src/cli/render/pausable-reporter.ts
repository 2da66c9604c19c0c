import type { VirtbsEvent } from '../../events.js';
import type { Reporter } from '../command.js';

export interface PausableReporter extends Reporter {
  /** Leaves the terminal to somebody else until the next event. */
  readonly pause: () => void;
}

/** Draws from the first event on, and nothing any more once it is disposed of. */
export function createPausableReporter(create: () => Reporter): PausableReporter {
  let current: Reporter | undefined;
  let ended = false;
  const pause = (): void => {
    current?.[Symbol.dispose]();
    current = undefined;
  };
  return {
    emit(event: VirtbsEvent) {
      if (!ended) (current ??= create()).emit(event);
    },
    pause,
    [Symbol.dispose]() {
      pause();
      ended = true;
    },
  };
}
