import type { ForgetResult } from '../../checkpoint/forget-checkpoints.js';
import type { CommandContext, GlobalOptions } from '../command.js';
import { writeJson, type JsonResults } from '../json-results.js';
import { renderAge } from './age.js';
import { renderSize } from './size.js';
import { renderTable } from './table.js';

/** A line for each checkpoint; it is the result, and shown also where quiet is asked for. */
export function renderCheckpoints(
  list: JsonResults['checkpoint-ls'],
  { json }: Pick<GlobalOptions, 'json'>,
  context: CommandContext,
): void {
  if (json) writeJson('checkpoint-ls', list, context);
  else context.stdout.write(renderText(list, Date.now()));
}

/** Says what is gone. */
export function renderForgotten(
  result: ForgetResult,
  { json, quiet }: Pick<GlobalOptions, 'json' | 'quiet'>,
  context: CommandContext,
): void {
  const lines = [...result.removed.map(({ key }) => `removed ${key}`), `freed ${renderSize(result.bytes)}`];
  if (json) writeJson('checkpoint-rm', result, context);
  else if (!quiet) context.stdout.write(`${lines.join('\n')}\n`);
}

function renderText({ checkpoints }: JsonResults['checkpoint-ls'], now: number): string {
  if (checkpoints.length === 0) return 'there are no checkpoints\n';
  const rows = checkpoints.map(({ key, slice, created, used, vms, memoryBytes, diskBytes }) => [
    key,
    slice === null ? '-' : String(slice),
    renderAge(now - Date.parse(created ?? '')),
    renderAge(now - Date.parse(used ?? '')),
    vms.join(', ') || '-',
    renderSize(memoryBytes),
    renderSize(diskBytes),
  ]);
  return renderTable([['KEY', 'SLICE', 'AGE', 'USED', 'VMS', 'MEMORY', 'DISKS'], ...rows]);
}
