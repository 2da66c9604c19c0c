import { showPath } from '../../config/place.js';
import type { ExportResult } from '../../image/export-image.js';
import type { CommandContext, GlobalOptions } from '../command.js';
import { renderSize } from './size.js';

/** Shows what `image export` wrote. */
export function renderExport(
  result: ExportResult,
  options: Pick<GlobalOptions, 'json' | 'quiet'>,
  { stdout, cwd }: CommandContext,
): void {
  if (options.json) {
    stdout.write(`${JSON.stringify(result, null, 2)}\n`);
    return;
  }
  if (options.quiet) return;
  const { slot, build, format, files, bytes } = result;
  stdout.write(`${slot}/${build} as ${format}, ${renderSize(bytes)}\n`);
  for (const file of files) stdout.write(`wrote ${showPath(file, cwd)}\n`);
}
