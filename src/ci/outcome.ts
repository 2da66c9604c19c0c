/** How a run of a job can end, in the order of the documentation. */
export const OUTCOMES = ['passed', 'failed', 'broken', 'skipped', 'superseded', 'timeout', 'stopped'] as const;

/** How a run of a job ended. Only `passed` and `failed` say something about the change. */
export type Outcome = (typeof OUTCOMES)[number];

/** Returns whether an outcome is a vote on the change. */
export function isVote(outcome: Outcome): outcome is 'passed' | 'failed' {
  return outcome === 'passed' || outcome === 'failed';
}

/** How a run ended, for those who may be told. */
export interface ToldEnd {
  readonly outcome: Outcome;
  /** Whether they are told whatever the outcome is: only the author can do something about it. */
  readonly told?: boolean | undefined;
}

/** Returns whether people and review systems are told of an end: not of a run that nobody did, or that somebody ended. */
export function isTold({ outcome, told = false }: ToldEnd): boolean {
  if (told) return true;
  return outcome !== 'skipped' && outcome !== 'superseded' && outcome !== 'stopped';
}
