import { VirtbsError } from '../errors.js';
import { orderTasks } from './make-task-graph.js';
import type { TaskSettings } from '../config/task-settings.js';
import type { UnitResult } from './run-graph.js';
import { unitId, type TaskGraph, type TaskUnit } from './task-graph.js';

/** The most bytes that a task can give, all its values together. */
export const MOST_VALUES = 4 * 1024 * 1024;

/**
 * Reads what a task has written to `$VIRTBS_GIVES`: lines `NAME=VALUE`, and for a value of several lines `NAME<<END`, the lines, and
 * `END` alone on a line. Of a name that comes twice the last counts.
 *
 * @throws VirtbsError `task-failed` for a name that the task does not give, one that is missing, and what is no text
 */
export function readValues(
  bytes: Buffer,
  { name, gives }: Pick<TaskSettings, 'name' | 'gives'>,
): Record<string, string> {
  const found: Record<string, string> = {};
  const text = bytes.toString('utf8');
  if (!Buffer.from(text, 'utf8').equals(bytes)) throw wrong(name, 'is no text in UTF-8');
  if (text.includes('\0')) throw wrong(name, 'has a byte NUL: values are text');
  const lines = text.split('\n');
  while (lines.length > 0) {
    const line = lines.shift() ?? '';
    if (line === '') continue;
    const [, value, mark, rest] = /^([A-Za-z_]\w*)(=|<<)(.*)$/s.exec(line) ?? [];
    if (value === undefined || rest === undefined) throw wrong(name, 'has a line that is not NAME=VALUE or NAME<<END');
    if (!gives.includes(value)) throw wrong(name, `has the value "${value}", which "gives" does not name`);
    if (mark === '=') {
      found[value] = rest;
      continue;
    }
    const end = lines.indexOf(rest);
    if (end < 0) throw wrong(name, `has no line "${rest}" that ends the value "${value}"`);
    found[value] = lines.splice(0, end).join('\n');
    lines.shift();
  }
  const missing = gives.filter((value) => found[value] === undefined);
  if (missing.length > 0) throw wrong(name, `lacks ${missing.map((value) => `"${value}"`).join(' and ')}`);
  return found;
}

function wrong(task: string, what: string): VirtbsError {
  return new VirtbsError('task-failed', `${task}: what it wrote to $VIRTBS_GIVES ${what}`, {
    hint: 'write lines NAME=VALUE for the names in "gives"',
  });
}

/**
 * Returns the values that a unit takes, from the units of tasks that it wants.
 *
 * @throws VirtbsError `task-failed` where several VMs give different values
 */
export function takenValues(
  { task, node }: TaskUnit,
  {
    graph,
    done,
  }: { readonly graph: TaskGraph; readonly done: Pick<ReadonlyMap<string, Pick<UnitResult, 'values'>>, 'get'> },
): Record<string, string> {
  const taken: Record<string, string> = {};
  if (task.takes.length === 0) return taken;
  const tasks = Object.fromEntries(graph.units.map((unit) => [unit.task.name, unit.task]));
  const wanted = orderTasks(tasks, [task.name]);
  for (const name of task.takes) {
    const giver = wanted.find(({ gives }) => gives.includes(name));
    if (!giver) continue;
    const units = graph.units.filter((unit) => unit.task === giver);
    const own = done.get(unitId(giver.name, node));
    const results = own ? [own] : units.flatMap(({ id }) => done.get(id) ?? []);
    const values = new Set(results.flatMap(({ values: { [name]: value } }) => (value === undefined ? [] : [value])));
    if (values.size > 1) {
      throw new VirtbsError(
        'task-failed',
        `${task.name}: "${name}" differs between the VMs on which ${giver.name} ran`,
        {
          hint: `give ${giver.name} "first: true", or take it by wants_here on the same VMs`,
        },
      );
    }
    const [value] = values;
    if (value !== undefined) taken[name] = value;
  }
  return taken;
}

/** Returns a value as `readValues` reads it, whatever is in it. */
export function showValue(name: string, value: string): string {
  let end = 'END';
  while (value.split('\n').includes(end)) end += '_';
  return `${name}<<${end}\n${value}\n${end}\n`;
}
