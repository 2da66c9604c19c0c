import type { LeaseResult } from '../../workplace/make-lease.js';
import type { CommandContext } from '../command.js';
import { writeJson } from '../json-results.js';
import { renderBuilt } from './cycle.js';
import type { ResultOptions } from './result-options.js';
import { renderTimings } from './timings.js';

/** Shows the slice that was leased: its VMs, how to log in, when it ends. */
export function renderLease(result: LeaseResult, options: ResultOptions, context: CommandContext): void {
  const { stdout } = context;
  if (options.json) writeJson('lease', result, { stdout });
  else if (!options.quiet) {
    const { slice, expires } = result;
    stdout.write(`${renderBuilt(result, context)}until ${expires}; virtbs -s ${slice} wipe ends it before\n`);
  }
  if (options.timings && !options.json) context.stderr.write(renderTimings(result.timings));
}
