import type { MovedTag } from '../../image/move-tags.js';
import type { CommandContext, GlobalArguments } from '../command.js';
import { writeJson, type JsonResults } from '../json-results.js';

type Shown = Pick<GlobalArguments, 'json' | 'quiet'>;

/** Shows where tags point to, and what they pointed to before. */
export function renderMovedTags(tags: readonly MovedTag[], options: Shown, { stdout }: CommandContext): void {
  const lines = tags.map(({ slot, tag, build, previous }) => {
    const before = previous === null ? '' : previous === build ? ', as before' : `, before ${previous}`;
    return `${slot}:${tag} is ${slot}/${build}${before}\n`;
  });
  if (options.json) writeJson('tag', { version: 1, tags }, { stdout });
  else if (!options.quiet) stdout.write(lines.join(''));
}

/** Shows which tags are gone, or would be. */
export function renderRemovedTags(result: JsonResults['untag'], options: Shown, { stdout }: CommandContext): void {
  const { tags, dryRun } = result;
  const lines = tags.map(({ slot, tag, build }) =>
    build === null
      ? `${slot}:${tag} was not there\n`
      : `${dryRun ? 'would remove' : 'removed'} ${slot}:${tag}, which ${dryRun ? 'is' : 'was'} ${slot}/${build}\n`,
  );
  if (options.json) writeJson('untag', result, { stdout });
  else if (dryRun || !options.quiet) stdout.write(lines.join(''));
}
