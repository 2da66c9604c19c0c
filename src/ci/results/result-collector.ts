import type { TestResult } from '../test-result.js';
import { RESULT_LIMITS, type ParsedResults, type ResultLimits, type ResultProblem } from './parsed-results.js';

/** Keeps results and problems of one file within limits, whatever the file says. */
export class ResultCollector {
  readonly #name: string;
  readonly #limits: ResultLimits;
  readonly #tests: TestResult[] = [];
  readonly #problems: ResultProblem[] = [];
  #lostTests = 0;
  #lostProblems = 0;
  #text = 0;

  constructor(name: string, limits: Partial<ResultLimits> = {}) {
    this.#name = name;
    this.#limits = { ...RESULT_LIMITS, ...limits };
  }

  get limits(): ResultLimits {
    return this.#limits;
  }

  /** Takes a result. Its texts are cut to the limits; details of tests that went well go first where there is no room. */
  add(test: TestResult): void {
    if (this.#tests.length >= this.#limits.tests) {
      this.#lostTests += 1;
      return;
    }
    const { name, tags, reason, details, seconds, startedAt } = test;
    const kept = details === undefined ? undefined : this.#keepDetails(details);
    this.#tests.push({
      name: this.cutName(name),
      status: test.status,
      ...(startedAt === undefined ? {} : { startedAt }),
      ...(seconds === undefined || !Number.isFinite(seconds) || seconds < 0 ? {} : { seconds }),
      ...(tags === undefined || tags.length === 0
        ? {}
        : { tags: tags.slice(0, this.#limits.tags).map((tag) => this.cutName(tag)) }),
      ...(reason === undefined ? {} : { reason: this.cutName(reason) }),
      ...(kept === undefined ? {} : { details: kept }),
    });
  }

  /** @param place what comes behind the name of the file: `:12:4`, `: byte 1042`; nothing for the file as a whole */
  problem(place: string, message: string): void {
    if (this.#problems.length >= this.#limits.problems) this.#lostProblems += 1;
    else this.#problems.push({ place: `${this.#name}${place}`, message });
  }

  /** Returns a name as it is kept: not longer than the limit, and not empty. */
  cutName(name: string): string {
    const { name: most } = this.#limits;
    if (name === '') return '(no name)';
    return name.length > most ? `${name.slice(0, most - 1)}…` : name;
  }

  /** Returns all that was kept. */
  end(): ParsedResults {
    const problems = [...this.#problems];
    if (this.#lostProblems > 0) {
      problems.push({ place: this.#name, message: `${this.#lostProblems} more problems are not listed` });
    }
    if (this.#lostTests > 0) {
      const message = `${this.#lostTests} results are left out: only ${this.#limits.tests} are kept`;
      problems.push({ place: this.#name, message });
    }
    return { tests: this.#tests, problems };
  }

  #keepDetails(details: Readonly<Record<string, string>>): Record<string, string> | undefined {
    const kept: [string, string][] = [];
    for (const [name, text] of Object.entries(details).slice(0, this.#limits.details)) {
      if (text === '') continue;
      const cut = cutMiddle(text, Math.min(this.#limits.detail, this.#limits.text - this.#text));
      if (cut === '') break;
      this.#text += cut.length;
      kept.push([this.cutName(name), cut]);
    }
    // Names come from the file: fromEntries makes own members of them, also of "__proto__".
    return kept.length === 0 ? undefined : Object.fromEntries(kept);
  }
}

/** Returns a text with its middle left out where it is longer than `most` characters; the note of that is not counted. */
export function cutMiddle(text: string, most: number): string {
  if (text.length <= most) return text;
  if (most <= 0) return '';
  const half = Math.floor(most / 2);
  const omitted = text.length - 2 * half;
  return `${text.slice(0, half)}\n[virtbs: ${omitted} characters are left out here]\n${text.slice(text.length - half)}`;
}
