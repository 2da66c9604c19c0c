import type { WipeManyResult } from '../../slice/wipe-many.js';
import type { GlobalArguments, CommandContext } from '../command.js';
import { renderWiped } from './wipe.js';
import { writeJson } from '../json-results.js';

/** Shows what a wipe of several slices destroyed. */
export function renderWipeMany(
  result: WipeManyResult,
  { json, quiet }: Pick<GlobalArguments, 'json' | 'quiet'>,
  { stdout, cwd }: CommandContext,
): void {
  if (json) writeJson('wipe-many', result, { stdout });
  else if (result.dryRun || !quiet) stdout.write(renderSlices(result, cwd));
}

function renderSlices({ slices, skipped }: WipeManyResult, cwd: string): string {
  const wiped = slices.map((slice) => renderWiped(slice, cwd));
  const left = skipped.map(({ slice, root }) => `slice ${slice} was built with --root ${root}: left alone\n`);
  return [...wiped, ...left].join('') || 'no slices\n';
}
