import type { TaskSettings } from '../config/task-settings.js';
import { readTaskSources, type TaskSources } from './task-sources.js';

/** Sources whose content is read once, before anything runs. */
const READ_BEFORE = /^(script|on_restore) /;

/**
 * Returns the names of the files that are not as they were when the key was made of them, and that a task reads while it runs.
 *
 * @param sources as they were read before it ran
 */
export async function editedSources(
  task: TaskSettings,
  { digests }: Pick<TaskSources, 'digests'>,
  place: (path: readonly (string | number)[]) => string,
): Promise<readonly string[]> {
  const names = Object.keys(digests).filter((name) => !READ_BEFORE.test(name));
  if (names.length === 0) return [];
  // Those that are gone or cannot be read now are not as they were.
  const now = await readTaskSources(task, place).catch(() => ({ digests: {} as TaskSources['digests'] }));
  const all = new Set([...names, ...Object.keys(now.digests).filter((name) => !READ_BEFORE.test(name))]);
  return [...all].filter((name) => digests[name] !== now.digests[name]);
}
