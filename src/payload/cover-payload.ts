import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Configuration } from '../config/configuration.js';
import type { TaskSettings } from '../config/task-settings.js';
import type { Payload } from './find-payload.js';

/** Returns the configuration with the files of a payload in the keys of its tasks that run here: they work in its folder, and can read all of it. */
export async function coverPayload(configuration: Configuration, { folder }: Payload): Promise<Configuration> {
  const tasks = Object.values(configuration.tasks);
  const isCovered = (task: TaskSettings): boolean => task.on.kind === 'here' && task.chdir === folder;
  if (!tasks.some(isCovered)) return configuration;
  const names = (await readdir(folder)).filter((name) => !name.startsWith('.') && name !== 'README.md').sort();
  const files = names.map((name) => join(folder, name));
  const covered = tasks.map((task) => [task.name, isCovered(task) ? cover(task, files) : task] as const);
  return { ...configuration, tasks: Object.assign(Object.create(null), Object.fromEntries(covered)) };
}

function cover(task: TaskSettings, files: readonly string[]): TaskSettings {
  const own = 'path' in task.action ? task.action.path : undefined;
  return { ...task, reads: [...new Set([...task.reads, ...files.filter((file) => file !== own)])] };
}
