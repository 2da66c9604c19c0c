import { VirtbsError } from '../errors.js';
import { comparePlaces, showPlace, type Place } from './place.js';

export interface Problem {
  readonly place: Place;
  /** What the problem belongs to: `worker.disks.root`. */
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
  });
}

function showProblem({ place, label, what }: Problem): string {
  const start = label === undefined || label === '' ? showPlace(place) : `${showPlace(place)}: ${label}`;
  return `${start}: ${what}`;
}
