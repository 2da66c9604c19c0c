import type { Configuration } from '../config/configuration.js';

export interface GoalsQuestion {
  /** What the command line says: tasks, none for all; false for no tasks; undefined where it says nothing. */
  readonly asked: readonly string[] | false | undefined;
  /** Whether the command waits until every VM accepts a login, which tasks need. */
  readonly waits: boolean;
  /** Whether one stands in a project, or gives a payload. */
  readonly inProject: boolean;
}

/**
 * Returns the tasks that a command does once the slice stands, none for all of them; undefined for no tasks at all. The command line
 * comes first, then key `do`. Where neither says anything, a project and a payload do all of their tasks, and nobody else does any.
 */
export function goalsAfter(
  { do: said, tasks }: Pick<Configuration, 'do' | 'tasks'>,
  { asked, waits, inProject }: GoalsQuestion,
): readonly string[] | undefined {
  if (asked !== undefined) return asked === false ? undefined : asked;
  if (!waits || said === false) return undefined;
  if (said !== undefined) return said === true ? [] : said;
  return inProject && Object.keys(tasks).length > 0 ? [] : undefined;
}
