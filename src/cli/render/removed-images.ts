import type { GarbageResult } from '../../image/collect-garbage.js';
import type { RemoveResult } from '../../image/remove-builds.js';
import type { CommandContext, GlobalOptions } from '../command.js';
import { renderSize } from './size.js';

type Shown = Pick<GlobalOptions, 'json' | 'quiet'>;

/** Shows what `image rm` removed. */
export function renderRemovedBuilds(result: RemoveResult, options: Shown, { stdout }: CommandContext): void {
  if (options.json) {
    stdout.write(`${JSON.stringify(result, null, 2)}\n`);
    return;
  }
  if (options.quiet) return;
  const lines = [
    ...result.tags.map(({ slot, tag }) => `removed ${slot}:${tag}`),
    ...result.builds.map(({ slot, build, bytes }) => `removed ${slot}/${build} (${renderSize(bytes)})`),
    `freed ${renderSize(result.bytes)}`,
  ];
  stdout.write(`${lines.join('\n')}\n`);
}

/** Shows what `image gc` removed, or would, and what it keeps for its age alone. */
export function renderGarbage(result: GarbageResult, options: Shown, { stdout }: CommandContext): void {
  if (options.json) stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  else if (result.dryRun || !options.quiet) stdout.write(renderText(result));
}

function renderText({ dryRun, builds, files, bytes, younger }: GarbageResult): string {
  const verb = dryRun ? 'would remove' : 'removed';
  const lines = [
    ...builds.map((build) => `${verb} ${build.slot}/${build.build} (${renderSize(build.bytes)})`),
    ...files.map((file) => `${verb} ${file.kind} ${file.path} (${renderSize(file.bytes)})`),
  ];
  lines.push(lines.length === 0 ? 'nothing to remove' : `${dryRun ? 'would free' : 'freed'} ${renderSize(bytes)}`);
  if (younger.count > 0) {
    const what = younger.count === 1 ? '1 unused thing is' : `${younger.count} unused things are`;
    lines.push(`${what} kept for now (${renderSize(younger.bytes)}); --older 0 removes all`);
  }
  return `${lines.join('\n')}\n`;
}
