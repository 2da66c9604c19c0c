import { showPath } from '../../yaml/place.js';
import type { ExportResult } from '../../image/export-image.js';
import type { CommandContext, GlobalArguments } from '../command.js';
import { renderSize } from '../../text/render-size.js';
import { writeJson } from '../json-results.js';

/** Shows what `image export` wrote. */
export function renderExport(
  result: ExportResult,
  options: Pick<GlobalArguments, 'json' | 'quiet'>,
  { stdout, cwd }: CommandContext,
): void {
  if (options.json) {
    writeJson('image-export', result, { stdout });
    return;
  }
  if (options.quiet) return;
  const { slot, build, format, files, bytes } = result;
  stdout.write(`${slot}/${build} as ${format}, ${renderSize(bytes)}\n`);
  for (const file of files) stdout.write(`wrote ${showPath(file, cwd)}\n`);
}
