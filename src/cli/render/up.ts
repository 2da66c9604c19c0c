import { countOf } from '../../text/count-of.js';
import type { UpResult } from '../../slice/up.js';
import type { CommandContext, OutputStream } from '../command.js';
import type { ResultOptions } from './result-options.js';
import { renderTable, tableWidth } from './table.js';
import { renderTimings } from './timings.js';
import { renderPlanned, renderUnits } from './tasks.js';
import { writeJson } from '../json-results.js';

/** Shows what `up` did with each VM of the slice. */
export function renderUp(result: UpResult, options: ResultOptions, { stdout, stderr }: CommandContext): void {
  if (options.json) writeJson('up', result, { stdout });
  else if (result.dryRun || !options.quiet) stdout.write(renderText(result, stdout));
  if (options.timings && !options.json) stderr.write(renderTimings(result.timings));
}

function renderText({ slice, dryRun, vms, removed, tasks }: UpResult, stream: OutputStream): string {
  const heading = `slice ${slice}${dryRun ? ', dry run: nothing was changed' : `: ${countOf(vms.length, 'VM')}`}`;
  const rows = vms.map(({ hostname, role, accessAddress, change }) => [hostname, role, accessAddress ?? '-', change]);
  const columns = ['VM', 'ROLE', 'ADDRESS', dryRun ? 'WOULD BE' : 'CHANGE'];
  const table = renderTable([columns, ...rows], tableWidth(stream), ['ROLE']);
  const done = tasks ? `\n${dryRun ? renderPlanned(tasks, 'on the VMs') : renderUnits(tasks, stream)}` : '';
  const gone = removed.map((name) => `${dryRun ? 'would remove' : 'removed'} ${name}\n`).join('');
  return `${heading}\n\n${table}${gone && `\n${gone}`}${done}`;
}
