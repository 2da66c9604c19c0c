import { openHost } from '../host/host.js';
import { findSteps, type Step } from '../host/prepare-host.js';
import type { Workplace } from './workplace.js';
import { DEFAULT_CONNECT } from './workplace-settings.js';

export interface PrepareHostOptions {
  /** The slice whose key is made. */
  readonly slice: number;
  /** Find out what there is to do, and do nothing. */
  readonly dryRun: boolean;
  /** Asked before the steps of each round, from 0, are done; throws where they must not be. */
  readonly agree: (steps: readonly Step[], round: number) => Promise<void>;
}

/**
 * The number of rounds: a thing that appears only after another step, such as the group of a package, is done in a second
 * round.
 */
const ROUNDS = 2;

/**
 * Does what this machine lacks, once it is agreed to. Idempotent.
 *
 * @returns what was done, or would be
 * @throws what `agree` and the steps throw
 */
export async function prepareHost(
  { slice, dryRun, agree }: PrepareHostOptions,
  place: Workplace,
): Promise<readonly Step[]> {
  const { packageDirectory, connect = DEFAULT_CONNECT, signal } = place.settings;
  await place.configuration();
  const root = await place.root();
  const options = { host: openHost(signal), connect, root, slice, packageDirectory };
  const done: Step[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const steps = await findSteps(options, signal);
    if (steps.length === 0) break;
    done.push(...steps);
    if (dryRun) break;
    await agree(steps, round);
    for (const step of steps) {
      signal.throwIfAborted();
      await step.run(place.verb);
    }
  }
  return done;
}
