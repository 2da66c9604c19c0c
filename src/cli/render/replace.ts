import type { ReplaceResult } from '../../slice/replace.js';
import type { CommandContext } from '../command.js';
import type { ResultOptions } from './result-options.js';
import { renderTimings } from './timings.js';
import { writeJson } from '../json-results.js';

/** Shows which VMs were replaced. */
export function renderReplace(result: ReplaceResult, options: ResultOptions, { stdout, stderr }: CommandContext): void {
  const { vms, dryRun, slice } = result;
  const verb = dryRun ? 'would replace' : 'replaced';
  const heading = dryRun ? `slice ${slice}, dry run: nothing was changed\n` : '';
  const text = `${heading}${vms.map(({ domain }) => `${verb} ${domain}\n`).join('')}`;
  if (options.json) writeJson('replace', result, { stdout });
  else if (dryRun || !options.quiet) stdout.write(text);
  if (options.timings && !options.json) stderr.write(renderTimings(result.timings));
}
