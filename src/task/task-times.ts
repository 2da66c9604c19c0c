import { readFile } from 'node:fs/promises';
import { taskPaths, type SlicePaths } from '../filenames.js';

/** Returns how long each task took when it last ran on this slice, in milliseconds: of its VMs the slowest. None where it never ran. */
export async function readTaskTimes(paths: Pick<SlicePaths, 'directory'>): Promise<ReadonlyMap<string, number>> {
  const text = await readFile(taskPaths(paths).history, 'utf8').catch(() => '');
  const units = new Map<string, { readonly task: string; readonly milliseconds: number }>();
  for (const line of text.split('\n')) {
    const unit = parseLine(line);
    if (unit) units.set(unit.id, unit);
  }
  const times = new Map<string, number>();
  for (const { task, milliseconds } of units.values()) times.set(task, Math.max(times.get(task) ?? 0, milliseconds));
  return times;
}

/** Undefined for a line that is not whole, and for a task that did not run to its end. */
function parseLine(
  line: string,
): { readonly id: string; readonly task: string; readonly milliseconds: number } | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { task, vm, outcome, milliseconds } = value as Readonly<Record<string, unknown>>;
  if (typeof task !== 'string' || typeof milliseconds !== 'number' || outcome !== 'ran') return undefined;
  return { id: JSON.stringify([task, vm]), task, milliseconds };
}
