import type { ForgetResult } from '../../checkpoint/forget-checkpoints.js';
import type { CommandContext, GlobalArguments } from '../command.js';
import { writeJson, type JsonResults } from '../json-results.js';
import { listSome } from '../../text/list-some.js';
import { renderAge } from './age.js';
import { renderSize } from '../../text/render-size.js';
import { renderTable, tableWidth } from './table.js';

/** A line for each checkpoint; it is the result, and shown also where quiet is asked for. */
export function renderCheckpoints(
  list: JsonResults['checkpoint-ls'],
  { json }: Pick<GlobalArguments, 'json'>,
  context: CommandContext,
): void {
  if (json) writeJson('checkpoint-ls', list, context);
  else context.stdout.write(renderText(list, tableWidth(context.stdout)));
}

/** Says what is gone, or would be. */
export function renderForgotten(
  result: ForgetResult,
  { json, quiet }: Pick<GlobalArguments, 'json' | 'quiet'>,
  context: CommandContext,
): void {
  const [removed, freed] = result.dryRun ? ['would remove', 'would free'] : ['removed', 'freed'];
  const lines = [...result.removed.map(({ key }) => `${removed} ${key}`), `${freed} ${renderSize(result.bytes)}`];
  if (json) writeJson('checkpoint-rm', result, context);
  else if (result.dryRun || !quiet) context.stdout.write(`${lines.join('\n')}\n`);
}

function renderText({ checkpoints }: JsonResults['checkpoint-ls'], width: number, now = Date.now()): string {
  if (checkpoints.length === 0) return 'there are no checkpoints\n';
  const rows = checkpoints.map(({ key, slice, created, used, vms, tasks, memoryBytes, diskBytes }) => [
    key,
    slice === null ? '-' : String(slice),
    renderAge(now - Date.parse(created ?? '')),
    renderAge(now - Date.parse(used ?? '')),
    vms.join(', ') || '-',
    listSome(tasks) || '-',
    renderSize(memoryBytes),
    renderSize(diskBytes),
  ]);
  const heading = ['KEY', 'SLICE', 'AGE', 'USED', 'VMS', 'TASKS', 'MEMORY', 'DISKS'];
  return renderTable([heading, ...rows], width, ['VMS', 'TASKS', 'MEMORY', 'DISKS', 'USED', 'AGE']);
}
