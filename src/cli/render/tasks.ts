import { countOf } from '../../text/count-of.js';
import type { DoneUnit, DoResult } from '../../task/do-options.js';
import type { CommandContext, OutputStream } from '../command.js';
import { writeJson } from '../json-results.js';
import { renderAge } from './age.js';
import { renderTable, tableWidth } from './table.js';

interface RenderOptions {
  readonly json: boolean;
  readonly quiet: boolean;
}

/** Shows what was done: how many tasks ran, and how long each of them took; of a dry run, what would be done. */
export function renderDone(result: DoResult, { json, quiet }: RenderOptions, context: CommandContext): void {
  if (json) return writeJson('do', result, context);
  if (quiet) return;
  if (result.dryRun) return renderTasks(result, { json, quiet }, context);
  context.stdout.write(`slice ${result.slice}: ${renderUnits(result.units, context.stdout)}`);
}

/** Returns how many tasks were done, and below how long each of them took. */
export function renderUnits(units: readonly DoneUnit[], stream: OutputStream): string {
  const ran = units.filter(({ outcome }) => outcome === 'ran');
  const rows = ran.map(({ task, vm, milliseconds, why }) => [task, vm ?? 'here', seconds(milliseconds), why ?? '']);
  const skipped = units.length - ran.length;
  const before = skipped === 0 ? '' : `, ${skipped} done before`;
  const heading = `${countOf(ran.length, 'task')} done${before}\n`;
  if (rows.length === 0) return heading;
  return `${heading}\n${renderTable([['TASK', 'ON', 'TOOK', 'WHY'], ...rows], tableWidth(stream))}`;
}

/** Shows each task on each of its VMs: whether it is done, when, which checkpoint holds it, and why it would be run. */
export function renderTasks(result: DoResult, { json }: RenderOptions, context: CommandContext): void {
  if (json) return writeJson('do', result, context);
  const isLimited = result.units.some(({ cache }) => cache !== null);
  const isHeld = result.units.some(({ checkpoint = null }) => checkpoint !== null);
  const rows = result.units.map((unit) => [
    unit.task,
    unit.vm ?? 'here',
    state(unit),
    age(unit.ended),
    ...(isLimited ? [limit(unit)] : []),
    ...(isHeld ? [unit.checkpoint ?? '-'] : []),
    unit.why ?? '',
  ]);
  const heading = [
    'TASK',
    'ON',
    'STATE',
    'DONE',
    ...(isLimited ? ['CACHE'] : []),
    ...(isHeld ? ['CHECKPOINT'] : []),
    'WHY',
  ];
  context.stdout.write(renderTable([heading, ...rows], tableWidth(context.stdout)));
}

/** Returns a line for each task that would be run, with the reason. @param where what is done was done: `in the checkpoint` */
export function renderPlanned(units: readonly DoneUnit[], where: string): string {
  const planned = units.filter(({ outcome }) => outcome === 'would-run');
  if (planned.length === 0) return `would do no task: all are done ${where}\n`;
  return planned
    .map(({ task, vm, why }) => `would do ${task} ${vm === null ? 'here' : `on ${vm}`}: ${why ?? ''}\n`)
    .join('');
}

function state({ outcome, ended }: DoneUnit): string {
  if (outcome === 'skipped') return 'done';
  return outcome === 'would-run' ? (ended === null ? 'to do' : 'to do again') : outcome;
}

function limit({ cache }: DoneUnit): string {
  return cache === null ? 'auto' : cache === 0 ? 'never' : renderAge(cache);
}

function age(ended: string | null): string {
  return ended === null ? '-' : `${renderAge(Date.now() - Date.parse(ended))} ago`;
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
