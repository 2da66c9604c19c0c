export const SESSION_KINDS = ['jenkins', 'gitlab', 'github', 'buildbot', 'terminal', 'process'] as const;

/** Who asks for a slice, and from where. */
export interface Session {
  /** What was recognized; `unknown` where the text is of another version, or not ours. */
  readonly kind: (typeof SESSION_KINDS)[number] | 'unknown';
  /** This run: a build of a CI system, a shell on a terminal. */
  readonly id: string;
  /** What the next run shares with this one: the executor, the runner's slot, the terminal. Only one run is there at a time. */
  readonly place: string;
  readonly user: string;
  readonly host: string;
  /** Where people read about the run. */
  readonly url: string | null;
}

/** Whether two texts were written by the same run. */
export function isSameRun(one: Session, other: Session): boolean {
  return one.id === other.id && one.place === other.place;
}

/** Whether one run came after the other at the same executor or terminal. */
export function isOtherRun(one: Session, other: Session): boolean {
  return one.place === other.place && one.id !== other.id;
}
