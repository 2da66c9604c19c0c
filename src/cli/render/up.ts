import type { UpResult } from '../../slice/up.js';
import type { CommandContext } from '../command.js';
import type { ResultOptions } from './result-options.js';
import { renderTable } from './table.js';
import { renderTimings } from './timings.js';
import { writeJson } from '../json-results.js';

/** Shows what `up` did with each VM of the slice. */
export function renderUp(result: UpResult, options: ResultOptions, { stdout, stderr }: CommandContext): void {
  if (options.json) writeJson('up', result, { stdout });
  else if (result.dryRun || !options.quiet) stdout.write(renderText(result));
  if (options.timings && !options.json) stderr.write(renderTimings(result.timings));
}

function renderText({ slice, dryRun, vms, removed }: UpResult): string {
  const heading = `slice ${slice}${dryRun ? ', dry run: nothing was changed' : `: ${vms.length} VMs`}`;
  const rows = vms.map(({ hostname, role, accessAddress, change }) => [hostname, role, accessAddress ?? '-', change]);
  const table = renderTable([['VM', 'ROLE', 'ADDRESS', dryRun ? 'WOULD BE' : 'CHANGE'], ...rows]);
  const gone = removed.map((name) => `${dryRun ? 'would remove' : 'removed'} ${name}\n`).join('');
  return `${heading}\n\n${table}${gone && `\n${gone}`}`;
}
