export const SESSION_KINDS = ['ci', 'jenkins', 'gitlab', 'github', 'buildbot', 'terminal', 'process'] as const;

/** A session: who asks for a slice, and from where. */
export interface Session {
  /** The kind of the session; `unknown` where the text is of another version, or not ours. */
  readonly kind: (typeof SESSION_KINDS)[number] | 'unknown';
  /** The id of this run: that of a CI system's build, or of a shell on a terminal. */
  readonly id: string;
  /**
   * The place that the next run shares with this one: the executor, the slot of the runner, the terminal. It has one run at a
   * time.
   */
  readonly place: string;
  readonly user: string;
  readonly host: string;
  /** The address where people read about the run. */
  readonly url: string | null;
}

/** Tells whether two texts were written by the same run. */
export function isSameRun(one: Session, other: Session): boolean {
  return one.id === other.id && one.place === other.place;
}

/** Tells whether one run came after the other at the same executor or terminal. */
export function isOtherRun(one: Session, other: Session): boolean {
  return one.place === other.place && one.id !== other.id;
}
