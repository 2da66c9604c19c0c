import type { ForgetResult } from '../../checkpoint/forget-checkpoints.js';
import type { CheckpointSummary } from '../../checkpoint/list-checkpoints.js';
import type { CommandContext, GlobalOptions } from '../command.js';
import { renderAge } from './age.js';
import { renderSize } from './size.js';
import { renderTable } from './table.js';

export interface CheckpointList {
  readonly version: 1;
  readonly checkpoints: readonly CheckpointSummary[];
}

/** A line for each checkpoint; it is the result, and shown also where quiet is asked for. */
export function renderCheckpoints(
  list: CheckpointList,
  { json }: Pick<GlobalOptions, 'json'>,
  { stdout }: CommandContext,
): void {
  stdout.write(json ? `${JSON.stringify(list, null, 2)}\n` : renderText(list, Date.now()));
}

/** Says what is gone. */
export function renderForgotten(
  result: ForgetResult,
  { json, quiet }: Pick<GlobalOptions, 'json' | 'quiet'>,
  { stdout }: CommandContext,
): void {
  const lines = [...result.removed.map(({ key }) => `removed ${key}`), `freed ${renderSize(result.bytes)}`];
  if (json) stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  else if (!quiet) stdout.write(`${lines.join('\n')}\n`);
}

function renderText({ checkpoints }: CheckpointList, now: number): string {
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
