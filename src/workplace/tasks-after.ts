import type { SlicePlan } from '../plan/plan.js';
import type { SliceTasks } from '../slice/deploy-slice.js';
import { doOnSlice, NOTHING_ASKED } from '../slice/do-on-slice.js';
import { checkTasks } from '../task/check-tasks.js';
import type { DoneUnit } from '../task/do-options.js';
import { goalsAfter, type GoalsQuestion } from './goals-after.js';
import { repeatCommand } from './repeat-command.js';
import type { Workplace } from './workplace.js';

/** The tasks that a command does on a slice after it made it. */
export interface TasksAfter {
  /** What `cycle` is asked for, to do them itself, and `up`, to say which of them it would do. */
  readonly asked: SliceTasks;
  /** Does the tasks on the slice, which stands. @throws VirtbsError `task-failed`, and what else `doTasks` throws */
  do(): Promise<readonly DoneUnit[]>;
}

/**
 * Checks tasks that are to be done once a slice stands; they touch nothing before.
 *
 * @returns undefined where there is nothing to do
 * @throws VirtbsError with exit code 2 for tasks that cannot be done on what is planned
 */
export async function tasksAfter(
  place: Workplace,
  plan: SlicePlan,
  question: Omit<GoalsQuestion, 'inProject'>,
): Promise<TasksAfter | undefined> {
  const configuration = await place.configuration();
  const payload = place.settings.payload ?? configuration.payload;
  const inProject = payload !== undefined || (await place.project()) !== null;
  const goals = goalsAfter(configuration, { ...question, inProject });
  if (goals === undefined) return undefined;
  const commandLine = repeatCommand(place.settings, plan.slice);
  await checkTasks(configuration, plan, goals);
  return {
    asked: { configuration, goals, commandLine },
    async do() {
      const standing = await place.standing(plan.slice);
      return (await doOnSlice({ ...standing, ...NOTHING_ASKED, goals, configuration, commandLine }, place.verb)).units;
    },
  };
}
