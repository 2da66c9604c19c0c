import { basename } from 'node:path';
import { showPath } from '../../yaml/place.js';
import { OUTPUT_NAMES } from '../../filenames.js';
import type { CycleResult } from '../../slice/cycle.js';
import type { CommandContext } from '../command.js';
import { nameOthers } from './name-others.js';
import type { ResultOptions } from './result-options.js';
import { renderTable, tableWidth } from './table.js';
import { renderTimings } from './timings.js';
import { renderPlanned, renderUnits } from './tasks.js';
import { clockTime } from '../../text/clock-time.js';
import { listSome } from '../../text/list-some.js';
import { writeJson } from '../json-results.js';

/** Shows what `cycle` made: VMs with their addresses, the files, and how to log in. */
export function renderCycle(result: CycleResult, options: ResultOptions, context: CommandContext): void {
  const { stdout, stderr } = context;
  if (options.json) writeJson('cycle', result, { stdout });
  else if (result.dryRun) stdout.write(renderDryRun(result));
  else if (!options.quiet) stdout.write(renderBuilt(result, context));
  if (options.timings && !options.json) stderr.write(renderTimings(result.timings));
}

/** Returns what was made: VMs with their addresses, how to log in, tasks that were done. */
export function renderBuilt(
  { slice, vms, files, checkpoint, tasks }: Pick<CycleResult, 'slice' | 'vms' | 'files' | 'checkpoint' | 'tasks'>,
  { cwd, started, stdout }: CommandContext,
): string {
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const how = checkpoint === 'restored' ? ', from a checkpoint' : '';
  const heading = `slice ${slice}: ${vms.length} ${vms.length === 1 ? 'VM' : 'VMs'} after ${seconds} s${how}`;
  const rows = vms.map(({ hostname, role, accessAddress }) => [hostname, role, accessAddress ?? '-']);
  const table = renderTable([['VM', 'ROLE', 'ADDRESS'], ...rows], tableWidth(stdout), ['ROLE']);
  const sshConfig = files.find((file) => basename(file) === OUTPUT_NAMES.sshConfig(slice));
  const first = vms.find(({ aliases }) => aliases.length > 0);
  const login =
    sshConfig !== undefined && first ? `\nlog in: ssh -F ${showPath(sshConfig, cwd)} ${first.hostname}\n` : '';
  const done = tasks ? `\n${renderUnits(tasks, stdout)}` : '';
  return `${heading}\n\n${table}${login}${done}`;
}

function renderDryRun({ slice, vms, destroyed, destroyedOthers, from, tasks = [] }: CycleResult): string {
  const verb = from ? 'restore' : 'build';
  const lines = [
    ...[...destroyed, ...nameOthers(destroyedOthers)].map((name) => `would destroy ${name}`),
    ...(from
      ? [
          `would restore the checkpoint of ${clockTime(from.created)}, which holds ${listSome(from.tasks) || 'no tasks'}`,
        ]
      : []),
    ...vms.map(
      ({ domain, accessAddress }) => `would ${verb} ${domain}${accessAddress === null ? '' : ` (${accessAddress})`}`,
    ),
  ];
  return `slice ${slice}, dry run: nothing was changed\n${lines.map((line) => `${line}\n`).join('')}${tasks.length > 0 ? renderPlanned(tasks, 'in the checkpoint') : ''}`;
}
