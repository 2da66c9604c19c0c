import type { Place } from './place.js';
import type { Problem } from './problem.js';
import type { Tree } from './tree.js';

/** Values in one text, aliases and merge keys expanded. */
export const MOST_VALUES = 20_000;

/** The state while one text is being read. */
export interface Reading {
  readonly problems: Problem[];
  readonly placeAt: (offset: number) => Place;
  readonly anchors: Map<string, Tree>;
  /** Set while the content of an anchor is being read: an alias of it there would have no end. */
  readonly open: Set<string>;
  /** Entries copied by merge keys so far. */
  copied: number;
  /** Set where what was read is not what was written, so that more problems in it would mislead. */
  broken: boolean;
}

export function report(reading: Reading, offset: number, what: string): void {
  refuse(reading, { place: reading.placeAt(offset), what });
}

/** Keeps a problem that makes the rest of the text worthless. */
export function refuse(reading: Reading, problem: Problem): void {
  reading.problems.push(problem);
  reading.broken = true;
}
