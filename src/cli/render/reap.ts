import type { ReapResult } from '../../slice/reap.js';
import type { GlobalArguments, CommandContext } from '../command.js';
import { renderWiped } from './wipe.js';
import { writeJson } from '../json-results.js';

/** Shows what `reap` ended, and why. */
export function renderReap(
  result: ReapResult,
  { json, quiet }: Pick<GlobalArguments, 'json' | 'quiet'>,
  { stdout, cwd }: CommandContext,
): void {
  if (json) {
    writeJson('reap', result, { stdout });
    return;
  }
  if (quiet && !result.dryRun) return;
  if (result.ended.length === 0) stdout.write('nothing to end\n');
  for (const slice of result.ended) stdout.write(`slice ${slice.slice}: ${slice.reason}\n${renderWiped(slice, cwd)}`);
}
