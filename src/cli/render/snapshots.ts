import { countOf } from '../../text/count-of.js';
import type { DeletedSnapshot } from '../../slice/delete-snapshot.js';
import type { SnapshotList } from '../../slice/list-snapshots.js';
import type { RestoreResult } from '../../slice/restore.js';
import type { SnapshotResult } from '../../slice/snapshot.js';
import type { CommandContext, GlobalArguments } from '../command.js';
import { renderAge } from './age.js';
import type { ResultOptions } from './result-options.js';
import { renderSize } from '../../text/render-size.js';
import { renderTable, tableWidth } from './table.js';
import { renderTimings } from './timings.js';
import { writeJson, type JsonKind, type JsonResults } from '../json-results.js';

type Shown = Pick<GlobalArguments, 'json' | 'quiet'>;

/** Says what was kept, and for how long the VMs stood still. */
export function renderSnapshot(
  result: SnapshotResult,
  options: ResultOptions,
  { stdout, stderr }: CommandContext,
): void {
  const { slice, name, vms, memoryBytes, diskBytes, timings } = result;
  const memory = memoryBytes === 0 ? '' : `memory ${renderSize(memoryBytes)}, `;
  const size = `${memory}disks ${renderSize(diskBytes)}`;
  const text = `slice ${slice}: snapshot ${name} of ${countOf(vms.length, 'VM')}: ${size}, paused for ${seconds(timings.save)}\n`;
  show('snapshot', result, { options, stdout, text });
  if (options.timings && !options.json) stderr.write(renderTimings(timings));
}

/** Says what is back. */
export function renderRestore(result: RestoreResult, options: ResultOptions, { stdout, stderr }: CommandContext): void {
  const { slice, dryRun, name, vms, created, timings } = result;
  const time = new Date(created).toISOString().replace(/\.\d+Z$/, 'Z');
  const heading = dryRun
    ? `${dryRunHeading(slice)}would go back to snapshot ${name} of ${time}\n`
    : `slice ${slice}: back to snapshot ${name} of ${time}\n`;
  const text = `${heading}${renderTable(vms.map(({ hostname, power }) => [hostname, power]))}`;
  show('restore', result, { options: { ...options, quiet: options.quiet && !dryRun }, stdout, text });
  if (options.timings && !options.json) stderr.write(renderTimings(timings));
}

/** Says what is gone, or would be. */
export function renderDeletedSnapshot(result: DeletedSnapshot, options: Shown, { stdout }: CommandContext): void {
  const { slice, dryRun, deleted } = result;
  const text = dryRun
    ? `${dryRunHeading(slice)}would remove snapshot ${deleted}\n`
    : `slice ${slice}: removed snapshot ${deleted}\n`;
  show('snapshot-delete', result, { options: { ...options, quiet: options.quiet && !dryRun }, stdout, text });
}

/** A line for each snapshot; it is the result, and shown also where quiet is asked for. */
export function renderSnapshots(list: SnapshotList, { json }: Shown, { stdout }: CommandContext): void {
  show('snapshots', list, { options: { json, quiet: false }, stdout, text: renderText(list, tableWidth(stdout)) });
}

function renderText({ slice, snapshots }: SnapshotList, width: number, now = Date.now()): string {
  if (snapshots.length === 0) return `slice ${slice} has no snapshots\n`;
  const rows = snapshots.map(({ name, created, vms, memoryBytes, diskBytes }) => [
    name,
    renderAge(now - Date.parse(created)),
    vms.map(({ hostname, power }) => (power === 'running' ? hostname : `${hostname} (${power})`)).join(', '),
    memoryBytes === 0 ? '-' : renderSize(memoryBytes),
    renderSize(diskBytes),
  ]);
  return renderTable([['NAME', 'AGE', 'VMS', 'MEMORY', 'DISKS'], ...rows], width, ['VMS', 'MEMORY', 'DISKS', 'AGE']);
}

interface Shape {
  readonly options: Shown;
  readonly stdout: CommandContext['stdout'];
  readonly text: string;
}

function show<K extends JsonKind>(
  kind: K,
  result: JsonResults[K],
  { options: { json, quiet }, stdout, text }: Shape,
): void {
  if (json) writeJson(kind, result, { stdout });
  else if (!quiet) stdout.write(text);
}

function dryRunHeading(slice: number): string {
  return `slice ${slice}, dry run: nothing was changed\n`;
}

function seconds(milliseconds = 0): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
