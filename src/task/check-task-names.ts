import type { TaskSettings } from '../config/task-settings.js';
import { VirtbsError } from '../errors.js';
import { unknownWord } from '../text/unknown-word.js';

/** @param list the command that lists tasks. @throws VirtbsError `usage` for names that no task has, all of them at once, and where there are no tasks at all */
export function checkTaskNames(
  tasks: Readonly<Record<string, TaskSettings>>,
  names: readonly string[],
  list?: string,
): void {
  const known = Object.keys(tasks);
  if (known.length === 0) {
    throw new VirtbsError('usage', 'the configuration has no tasks', {
      hint: 'name the file that has them: -c cluster.yaml',
    });
  }
  const unknown = names.filter((name) => tasks[name] === undefined);
  if (unknown.length === 0) return;
  throw new VirtbsError('usage', unknown.map((name) => unknownWord('unknown task', name, known)).join('\n'), {
    hint: list === undefined ? `tasks of the configuration are ${known.join(', ')}` : `${list} lists them`,
  });
}

/** Returns the tasks and all that want them, directly or by others. */
export function withWanters(
  tasks: Readonly<Record<string, TaskSettings>>,
  names: readonly string[],
): readonly string[] {
  const found = new Set(names);
  for (let size = -1; size !== found.size;) {
    size = found.size;
    for (const { name, wants, wantsHere } of Object.values(tasks)) {
      if ([...wants, ...wantsHere].some((want) => found.has(want))) found.add(name);
    }
  }
  return [...found];
}
