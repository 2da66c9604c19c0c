import { VirtbsError, type ErrorPlace } from '../errors.js';
import { comparePlaces, showPlace, type Place } from './place.js';

export interface Problem {
  readonly place: Place;
  /** The thing that has the problem: `worker.disks.root`. */
  readonly label?: string;
  readonly what: string;
}

/** One error for all problems, a line each, in the order of files and places; the same one at the same place counts once. */
export function problemsError(problems: readonly Problem[]): VirtbsError {
  const unique = new Map<string, Problem>();
  for (const problem of problems) {
    const key = `${showPlace(problem.place)}: ${problem.what}`;
    if (!unique.has(key)) unique.set(key, problem);
  }
  const sorted = [...unique.values()].sort((one, other) => comparePlaces(one.place, other.place));
  const count = sorted.length === 1 ? 'this problem' : `these ${sorted.length} problems`;
  return new VirtbsError('config-invalid', sorted.map(showProblem).join('\n'), {
    hint: `correct ${count} at the place named in front`,
    problems: sorted.map((problem) => ({ place: errorPlace(problem.place), message: sayProblem(problem) })),
  });
}

function showProblem(problem: Problem): string {
  return `${showPlace(problem.place)}: ${sayProblem(problem)}`;
}

function sayProblem({ label, what }: Problem): string {
  return label === undefined || label === '' ? what : `${label}: ${what}`;
}

function errorPlace({ source, line, column, override }: Place): ErrorPlace {
  if (override !== undefined) return { file: null, line: null, column: null, option: source };
  return { file: source, line: line ?? null, column: line === undefined ? null : (column ?? 1), option: null };
}
