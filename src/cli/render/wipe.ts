import { showPath } from '../../yaml/place.js';
import type { WipeResult } from '../../slice/wipe.js';
import type { CommandContext } from '../command.js';
import { nameOthers } from './name-others.js';
import type { ResultOptions } from './result-options.js';
import { renderTimings } from './timings.js';
import { writeJson } from '../json-results.js';

/** Shows what `wipe` destroyed. */
export function renderWipe(result: WipeResult, options: ResultOptions, { stdout, stderr, cwd }: CommandContext): void {
  if (options.json) writeJson('wipe', result, { stdout });
  else if (result.dryRun || !options.quiet) stdout.write(renderWiped(result, cwd));
  if (options.timings && !options.json) stderr.write(renderTimings(result.timings));
}

/** Renders what was destroyed of one slice, one thing a line. */
export function renderWiped({ slice, dryRun, vms, networks, others, files }: WipeResult, cwd: string): string {
  const things = [...vms, ...networks, ...nameOthers(others), ...files.map((file) => showPath(file, cwd))];
  if (things.length === 0) return `slice ${slice} is empty\n`;
  const heading = dryRun ? `slice ${slice}, dry run: nothing was changed` : `slice ${slice}: wiped`;
  const verb = dryRun ? 'would destroy' : 'destroyed';
  return `${heading}\n${things.map((thing) => `${verb} ${thing}\n`).join('')}`;
}
