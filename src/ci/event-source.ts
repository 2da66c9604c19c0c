import type { ChangeEvent } from './change-event.js';

export interface EventSourceOptions {
  readonly signal: AbortSignal;
  /** ISO 8601: also what happened since then, as far as the source can still tell. */
  readonly since?: string;
}

/** Somebody who sees changes. The same event may be yielded more than once, in any order. */
export interface EventSource {
  readonly name: string;
  /** Yields events until the source has no more, or the signal is raised, which is no error. */
  events(options: EventSourceOptions): AsyncIterable<ChangeEvent>;
}
