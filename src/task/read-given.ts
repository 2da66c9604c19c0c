import type { TaskSettings } from '../config/task-settings.js';
import { VirtbsError } from '../errors.js';
import type { NodeAgent } from './node-agent.js';
import { MOST_VALUES, readValues } from './task-values.js';

/** Reads the values that a task which is done has given, from its record of that name. @throws VirtbsError `task-failed` */
export async function readGiven(
  agent: NodeAgent,
  task: Pick<TaskSettings, 'name' | 'gives'>,
  record = task.name,
): Promise<Record<string, string>> {
  if (task.gives.length === 0) return {};
  const bytes = await agent.read(record, 'gives', { from: 0, most: MOST_VALUES + 1 });
  if (bytes.length <= MOST_VALUES) return readValues(bytes, task);
  throw new VirtbsError('task-failed', `${task.name}: its values are more than ${MOST_VALUES} bytes`);
}
