import type { GarbageResult } from '../../image/collect-garbage.js';
import type { RemovedBuild, RemoveResult } from '../../image/remove-builds.js';
import type { CommandContext, GlobalArguments } from '../command.js';
import { renderSize } from '../../text/render-size.js';
import { writeJson } from '../json-results.js';

type Shown = Pick<GlobalArguments, 'json' | 'quiet'>;

/** Shows what `image rm` removed, or would. */
export function renderRemovedBuilds(result: RemoveResult, options: Shown, { stdout }: CommandContext): void {
  if (options.json) writeJson('image-rm', result, { stdout });
  else if (result.dryRun || !options.quiet) stdout.write(renderRemoved(result));
}

/** Shows what `image gc` removed, or would, and what it keeps for its age alone. */
export function renderGarbage(result: GarbageResult, options: Shown, { stdout }: CommandContext): void {
  if (options.json) writeJson('image-gc', result, { stdout });
  else if (result.dryRun || !options.quiet) stdout.write(renderGone(result));
}

function renderRemoved({ dryRun, tags, builds, bytes }: RemoveResult): string {
  const lines = [
    ...tags.map(({ slot, tag }) => `${removed(dryRun)} ${slot}:${tag}`),
    ...builds.map((build) => removedBuild(build, dryRun)),
    freed(bytes, dryRun),
  ];
  return `${lines.join('\n')}\n`;
}

function removed(dryRun: boolean): string {
  return dryRun ? 'would remove' : 'removed';
}

function freed(bytes: number, dryRun: boolean): string {
  return `${dryRun ? 'would free' : 'freed'} ${renderSize(bytes)}`;
}

function removedBuild({ slot, build, bytes }: RemovedBuild, dryRun: boolean): string {
  return `${removed(dryRun)} ${slot}/${build} (${renderSize(bytes)})`;
}

function renderGone({ dryRun, builds, files, bytes, younger }: GarbageResult): string {
  const lines = [
    ...builds.map((build) => removedBuild(build, dryRun)),
    ...files.map((file) => `${removed(dryRun)} ${file.kind} ${file.path} (${renderSize(file.bytes)})`),
  ];
  lines.push(lines.length === 0 ? 'nothing to remove' : freed(bytes, dryRun));
  if (younger.count > 0) {
    const what = younger.count === 1 ? '1 unused thing is' : `${younger.count} unused things are`;
    lines.push(`${what} kept for now (${renderSize(younger.bytes)}); --older 0 removes all`);
  }
  return `${lines.join('\n')}\n`;
}
