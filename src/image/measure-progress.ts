import type { VirtbsEvent } from '../events.js';

export interface ProgressOptions {
  readonly slot: string;
  /** Bytes in all, where known. */
  readonly total: number | null;
  /** Bytes that were there before. */
  readonly start: number;
  readonly emit: (event: VirtbsEvent) => void;
}

interface Sample {
  readonly at: number;
  readonly received: number;
}

const EVENT_MILLISECONDS = 100;
/** The time that counts as recent for the speed. */
const WINDOW_MILLISECONDS = 5000;

/** Tells how far a transfer is and how fast, each time it is given the bytes so far; first at once, then at most so often. */
export function measureProgress({ slot, total, start, emit }: ProgressOptions): (received: number) => void {
  let samples: readonly Sample[] = [{ at: performance.now(), received: start }];
  let last = -Infinity;
  return (received) => {
    const now = performance.now();
    if (now - last < EVENT_MILLISECONDS) return;
    last = now;
    // One sample from before the window stays: there is always something to compare with.
    const oldest = samples.findLastIndex(({ at }) => at <= now - WINDOW_MILLISECONDS);
    samples = [...samples.slice(Math.max(0, oldest)), { at: now, received }];
    const bytesPerSecond = received <= start ? null : speedOf(samples);
    emit({ type: 'image-progress', slot, received, total, bytesPerSecond });
  };
}

function speedOf(samples: readonly Sample[]): number | null {
  const [first, last] = [samples.at(0), samples.at(-1)];
  if (!first || !last || last.at - first.at < EVENT_MILLISECONDS) return null;
  return Math.max(0, ((last.received - first.received) / (last.at - first.at)) * 1000);
}
