import type { MovedTag } from '../../image/move-tags.js';
import type { RemovedTag } from '../../image/untag-builds.js';
import type { CommandContext, GlobalOptions } from '../command.js';
import { writeJson } from '../json-results.js';

type Shown = Pick<GlobalOptions, 'json' | 'quiet'>;

/** Shows where tags point to, and what they pointed to before. */
export function renderMovedTags(tags: readonly MovedTag[], options: Shown, { stdout }: CommandContext): void {
  const lines = tags.map(({ slot, tag, build, previous }) => {
    const before = previous === null ? '' : previous === build ? ', as before' : `, before ${previous}`;
    return `${slot}:${tag} is ${slot}/${build}${before}\n`;
  });
  if (options.json) writeJson('tag', { version: 1, tags }, { stdout });
  else if (!options.quiet) stdout.write(lines.join(''));
}

/** Shows which tags are gone. */
export function renderRemovedTags(tags: readonly RemovedTag[], options: Shown, { stdout }: CommandContext): void {
  const lines = tags.map(({ slot, tag, build }) =>
    build === null ? `${slot}:${tag} was not there\n` : `removed ${slot}:${tag}, which was ${slot}/${build}\n`,
  );
  if (options.json) writeJson('untag', { version: 1, tags }, { stdout });
  else if (!options.quiet) stdout.write(lines.join(''));
}
