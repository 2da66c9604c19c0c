import type { SnapshotList } from '../../slice/list-snapshots.js';
import type { RestoreResult } from '../../slice/restore.js';
import type { SnapshotResult } from '../../slice/snapshot.js';
import type { CommandContext, GlobalOptions } from '../command.js';
import { renderAge } from './age.js';
import { renderSize } from './size.js';
import { renderTable } from './table.js';

type Shown = Pick<GlobalOptions, 'json' | 'quiet'>;

/** Says what was kept, and for how long the VMs stood still. */
export function renderSnapshot(result: SnapshotResult, options: Shown, { stdout }: CommandContext): void {
  const { slice, name, vms, memoryBytes, diskBytes, timings } = result;
  const size = `memory ${renderSize(memoryBytes)}, disks ${renderSize(diskBytes)}`;
  const text = `slice ${slice}: snapshot ${name} of ${countVms(vms.length)}: ${size}, paused for ${seconds(timings.save)}\n`;
  show(result, options, { stdout, text });
}

/** Says what is back. */
export function renderRestore(result: RestoreResult, options: Shown, { stdout }: CommandContext): void {
  const { slice, name, vms, created } = result;
  const time = new Date(created).toISOString().replace(/\.\d+Z$/, 'Z');
  const heading = `slice ${slice}: back to snapshot ${name} of ${time}\n`;
  const text = `${heading}${renderTable(vms.map(({ hostname, power }) => [hostname, power]))}`;
  show(result, options, { stdout, text });
}

export interface DeletedSnapshot {
  readonly version: 1;
  readonly slice: number;
  readonly deleted: string;
}

/** Says what is gone. */
export function renderDeletedSnapshot(result: DeletedSnapshot, options: Shown, { stdout }: CommandContext): void {
  show(result, options, { stdout, text: `slice ${result.slice}: removed snapshot ${result.deleted}\n` });
}

/** A line for each snapshot; it is the result, and shown also where quiet is asked for. */
export function renderSnapshots(list: SnapshotList, { json }: Shown, { stdout }: CommandContext): void {
  show(list, { json, quiet: false }, { stdout, text: renderText(list, Date.now()) });
}

function renderText({ slice, snapshots }: SnapshotList, now: number): string {
  if (snapshots.length === 0) return `slice ${slice} has no snapshots\n`;
  const rows = snapshots.map(({ name, created, vms, memoryBytes, diskBytes }) => [
    name,
    renderAge(now - Date.parse(created)),
    vms.map(({ hostname, power }) => (power === 'running' ? hostname : `${hostname} (${power})`)).join(', '),
    renderSize(memoryBytes),
    renderSize(diskBytes),
  ]);
  return renderTable([['NAME', 'AGE', 'VMS', 'MEMORY', 'DISKS'], ...rows]);
}

function show(
  result: object,
  { json, quiet }: Shown,
  { stdout, text }: { readonly stdout: CommandContext['stdout']; readonly text: string },
): void {
  if (json) stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  else if (!quiet) stdout.write(text);
}

function countVms(count: number): string {
  return `${count} VM${count === 1 ? '' : 's'}`;
}

function seconds(milliseconds = 0): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
