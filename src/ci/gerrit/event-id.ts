import { createHash } from 'node:crypto';

/**
 * What an event is known by. Gerrit gives events no id. A patch set is made once, and so is a merge; they have no time. What can
 * happen twice (the same words as a comment) is told apart by its time.
 */
export interface EventKey {
  /** The same for all that differ in time alone. */
  readonly stem: string;
  /** Seconds since 1970; undefined for what happens once. */
  readonly seconds: number | undefined;
}

/**
 * Seconds by which two tellings of one event may differ: the stream has the time at which the event was made, an answer to a
 * query that of the comment itself.
 */
const TELLINGS_DIFFER = 60;

export function eventId({ stem, seconds }: EventKey): string {
  return seconds === undefined ? stem : `${stem}@${seconds}`;
}

/** The inverse of {@link eventId}. */
export function eventKey(id: string): EventKey {
  const [, stem = id, seconds] = /^(.*)@(\d+)$/s.exec(id) ?? [];
  return { stem, seconds: seconds === undefined ? undefined : Number(seconds) };
}

/** Tells whether two ids may be of one event that was told in two ways. */
export function isSameEvent(one: string, other: string): boolean {
  const [first, second] = [eventKey(one), eventKey(other)];
  if (first.stem !== second.stem) return false;
  return Math.abs((first.seconds ?? 0) - (second.seconds ?? 0)) <= TELLINGS_DIFFER;
}

/** Short, and of fixed signs, for texts of any length. */
export function digestOfTexts(...texts: readonly string[]): string {
  return createHash('sha256').update(texts.join('\0')).digest('hex').slice(0, 20);
}
