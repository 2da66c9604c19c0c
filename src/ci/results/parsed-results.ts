import type { TestResult } from '../test-result.js';

/** What is wrong with a file of results. */
export interface ResultProblem {
  /** The file, with the place in it: `results.subunit: byte 1042`, `junit.xml:12:4`, `out.tap:7`. */
  readonly place: string;
  /** The mistake, in lower case. */
  readonly message: string;
}

/** What a file of results says. What can be read of a broken file is here, too. */
export interface ParsedResults {
  readonly tests: readonly TestResult[];
  readonly problems: readonly ResultProblem[];
}

/** A file of results as it is read. */
export interface ResultSource {
  /** The name for places. */
  readonly name: string;
  readonly bytes: AsyncIterable<Uint8Array>;
  /** The limits on what is kept; the usual ones where not given. */
  readonly limits?: Partial<ResultLimits>;
}

/** The limits on what is kept of results. All text is counted in characters. */
export interface ResultLimits {
  /** Results of one run. */
  readonly tests: number;
  /** Text of one detail, for example of one captured log: the beginning and the end are kept. */
  readonly detail: number;
  /** Details of one test. */
  readonly details: number;
  /** Text of all details together. */
  readonly text: number;
  /** Characters of a name, a tag and a reason. */
  readonly name: number;
  /** Tags of one test. */
  readonly tags: number;
  /** Problems that are told; the rest is counted. */
  readonly problems: number;
}

export const RESULT_LIMITS: ResultLimits = {
  tests: 200_000,
  detail: 64 * 1024,
  details: 16,
  text: 32 * 1024 * 1024,
  name: 1024,
  tags: 32,
  problems: 20,
};
