import type { TaskSettings } from '../config/task-settings.js';
import type { DoResult } from '../task/do-options.js';

/** Tasks to be drawn, each behind all that it wants. */
export interface TaskPicture {
  readonly slice: number;
  readonly tasks: readonly DrawnTask[];
  /** Milliseconds of the critical path; null where no task ran yet. */
  readonly length: number | null;
}

export interface DrawnTask {
  readonly name: string;
  /** Names of tasks of the picture. */
  readonly wants: readonly string[];
  /** `3 VMs`, `controller-02`, `here`. */
  readonly where: string;
  readonly state: 'done' | 'to do' | 'failed';
  /** When it last ran, in milliseconds; null where it never did. */
  readonly milliseconds: number | null;
  /** Whether the whole would be done earlier if this task were quicker. */
  readonly critical: boolean;
}

/** Returns what there is to draw of the result of a dry run. @param times of tasks, in milliseconds */
export function taskPicture(
  { slice, units }: DoResult,
  tasks: Readonly<Record<string, TaskSettings>>,
  times: ReadonlyMap<string, number>,
): TaskPicture {
  const names = [...new Set(units.map(({ task }) => task))];
  const wants = new Map(
    names.map((name) => {
      const { wants: all = [], wantsHere = [] } = tasks[name] ?? {};
      return [name, [...new Set([...all, ...wantsHere])].filter((want) => names.includes(want))] as const;
    }),
  );
  const critical = criticalPath(names, wants, times);
  const known = names.some((name) => times.has(name));
  return {
    slice,
    tasks: names.map((name) => {
      const own = units.filter(({ task }) => task === name);
      const [only] = own;
      const isDone = own.every(({ outcome }) => outcome === 'skipped' || outcome === 'ran');
      const hasFailed = own.some(({ outcome }) => outcome === 'failed');
      return {
        name,
        wants: wants.get(name) ?? [],
        where: own.length === 1 ? (only?.vm ?? 'here') : `${own.length} VMs`,
        state: hasFailed ? 'failed' : isDone ? 'done' : 'to do',
        milliseconds: times.get(name) ?? null,
        critical: known && critical.has(name),
      };
    }),
    length: known ? [...critical].reduce((sum, name) => sum + (times.get(name) ?? 0), 0) : null,
  };
}

/** Returns the tasks on the longest way through the graph. @param names each behind all that it wants */
function criticalPath(
  names: readonly string[],
  wants: ReadonlyMap<string, readonly string[]>,
  times: ReadonlyMap<string, number>,
): ReadonlySet<string> {
  const ends = new Map<string, { readonly end: number; readonly after: string | undefined }>();
  const latest = (among: readonly string[]): string | undefined =>
    among.reduce<string | undefined>((best, name) => {
      const end = ends.get(name)?.end ?? 0;
      return best === undefined || end >= (ends.get(best)?.end ?? 0) ? name : best;
    }, undefined);
  for (const name of names) {
    const after = latest(wants.get(name) ?? []);
    const begin = after === undefined ? 0 : (ends.get(after)?.end ?? 0);
    ends.set(name, { end: begin + (times.get(name) ?? 0), after });
  }
  const path = new Set<string>();
  for (let name = latest(names); name !== undefined; name = ends.get(name)?.after) path.add(name);
  return path;
}

/** Returns the words below the name of a task. */
export function taskWords({ where, state, milliseconds }: DrawnTask): string {
  const took = milliseconds === null ? [] : [`${(milliseconds / 1000).toFixed(1)} s`];
  return [where, state, ...took].join(' · ');
}
