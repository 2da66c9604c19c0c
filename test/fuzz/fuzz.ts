import { env } from 'node:process';
import fc from 'fast-check';
import type { Test } from 'tap';
import { VirtbsError } from '../../src/errors.js';

/** The same cases every time; `VIRTBS_FUZZ_SEED` gives others. */
const SEED = Number(env['VIRTBS_FUZZ_SEED'] ?? 20_260_131);
/** Of all groups of cases together; `VIRTBS_FUZZ_CASES` gives more or fewer. */
const ALL_CASES = 10_000;
const FACTOR = Number(env['VIRTBS_FUZZ_CASES'] ?? ALL_CASES) / ALL_CASES;
/** Milliseconds for all cases of a file, on a machine that has much else to do. */
export const FUZZ_LIMIT = 600_000 * Math.max(1, FACTOR);
/** Milliseconds that no case takes on whatever machine unless it hangs. */
const LIMIT = 20_000;

export interface FuzzOptions<Case> {
  readonly name: string;
  /** Of the 10,000. */
  readonly cases: number;
  readonly arbitrary: fc.Arbitrary<Case>;
  /** Cases that failed once; they come first. */
  readonly regressions?: readonly NoInfer<Case>[];
  /** Throws a VirtbsError, or nothing. */
  readonly work: (input: Case) => unknown;
}

/** Runs cases until one ends otherwise than well or with an orderly error; that one is made small and shown, with its seed. */
export async function fuzz<Case>(t: Test, options: FuzzOptions<Case>): Promise<void> {
  t.setTimeout(FUZZ_LIMIT);
  const { name, cases, arbitrary, regressions = [], work } = options;
  const numRuns = Math.max(1, Math.round(cases * FACTOR)) + regressions.length;
  const seed = SEED;
  const started = performance.now();
  let refused = 0;
  const property = fc.asyncProperty(arbitrary, async (input) => {
    const begun = performance.now();
    if (await isRefused(() => work(input))) refused++;
    const took = performance.now() - begun;
    if (took > LIMIT) throw new Error(`it took ${Math.round(took)} ms`);
  });
  const examples = regressions.map((input): [Case] => [input]);
  const { failed, error, counterexampleValue } = explain(await fc.check(property, { seed, numRuns, examples }));
  t.notOk(failed, name, { seed, error, case: counterexampleValue });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  t.comment(`${name}: ${numRuns} cases with seed ${seed} in ${seconds} s, ${refused} of them refused`);
}

function explain<Case>({ failed, counterexample, errorInstance }: fc.RunDetails<[Case]>) {
  const error = errorInstance instanceof Error ? errorInstance.stack?.split('\n').slice(0, 6) : String(errorInstance);
  return { failed, error, counterexampleValue: fc.stringify(counterexample?.[0]) };
}

async function isRefused(work: () => unknown): Promise<boolean> {
  try {
    await work();
    return false;
  } catch (error) {
    if (!(error instanceof VirtbsError)) throw error;
    assertOrderly(`${error.message}\n${error.hint ?? ''}`);
    return true;
  }
}

/** What a terminal or a log would take for something else than text: controls, and what turns the direction of writing. */
const CONTROLS = /[^\P{Cc}\n\t]|[\u2028\u2029\u202A-\u202E\u2066-\u2069]/u;

/** A word that no error of ours begins a line with; hostile texts bring it behind a line break. */
export const FORGED = 'forged:';

/** Nothing in the text can be taken for something else than it is. */
export function assertOrderly(text: string): void {
  if (CONTROLS.test(text)) throw new Error(`control characters in ${JSON.stringify(text)}`);
  if (text.split('\n').some((line) => line.startsWith(FORGED))) {
    throw new Error(`a line of its own in ${JSON.stringify(text)}`);
  }
}
