import type { AddedBuild } from '../../image/add-build.js';
import type { CommandContext, GlobalArguments } from '../command.js';
import { renderSize } from '../../text/render-size.js';
import { writeJson } from '../json-results.js';

/** Shows the build that `image import` or `image commit` made, and how to make its slot known. */
export function renderAddedBuild(
  added: AddedBuild,
  options: Pick<GlobalArguments, 'json' | 'quiet'>,
  { stdout, stderr }: CommandContext,
): void {
  const { slot, build, tags, virtualSize, base, configured } = added;
  const standing = base ? `, on ${base.slot}/${base.build}` : '';
  const line = `${slot}/${build} (${renderSize(virtualSize)}${standing}) is ${tags.map((tag) => `${slot}:${tag}`).join(', ')}\n`;
  if (options.json) writeJson('image-add', added, { stdout });
  else if (!options.quiet) stdout.write(line);
  if (configured || options.quiet) return;
  stderr.write(`hint: no configuration has slot "${slot}" yet; for roles to use it, add to one:\n`);
  stderr.write(`image_flow:\n  ${slot}: { image_import: {} }\n`);
}
