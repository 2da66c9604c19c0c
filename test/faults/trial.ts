import { NotSurvived } from './lane.js';

/** One thing that was tried, and what came of it. */
export interface Outcome {
  readonly kind: string;
  /** What happened and at which event. */
  readonly event: string;
  /** What was wrong afterwards; null where all was survived. */
  readonly left: string | null;
}

/** Tries it, and says what was wrong; `work` resolves with the event, as far as it is known only then. */
export async function tryOut(
  kind: string,
  event: string,
  work: (note: (event: string) => void) => Promise<void>,
): Promise<Outcome> {
  let seen = event;
  try {
    await work((more) => {
      seen = `${event}: ${more}`;
    });
    return { kind, event: seen, left: null };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { kind, event: seen, left: error instanceof NotSurvived ? error.message : (error.stack ?? error.message) };
  }
}
