import type { TaskSettings } from '../config/task-settings.js';
import { slicePaths } from '../filenames.js';
import { drawTasksDot } from '../graph/draw-tasks-dot.js';
import { drawTasksMermaid } from '../graph/draw-tasks-mermaid.js';
import { drawTasksSvg } from '../graph/draw-tasks-svg.js';
import { taskPicture } from '../graph/task-picture.js';
import type { DoResult } from '../task/do-options.js';
import { readTaskTimes } from '../task/task-times.js';

const DRAWINGS = { svg: drawTasksSvg, mermaid: drawTasksMermaid, dot: drawTasksDot } as const;

/** Draws tasks with how long they took when they last ran. */
export async function drawTasks(
  format: keyof typeof DRAWINGS,
  result: DoResult,
  { root, tasks }: { readonly root: string; readonly tasks: Readonly<Record<string, TaskSettings>> },
): Promise<string> {
  const times = await readTaskTimes(slicePaths(root, result.slice));
  return DRAWINGS[format](taskPicture(result, tasks, times));
}
