import type { ChangeEvent } from '../change-event.js';
import type { ChangeFinder, FoundChange } from './change-finder.js';
import { readDependsOn } from './read-depends-on.js';
import { UnmetDependency } from './unmet-dependency.js';

export interface ResolveOptions {
  /** The change that is tested. */
  readonly event: ChangeEvent;
  /** The messages of the commits of that change. */
  readonly messages: readonly string[];
  readonly finder: ChangeFinder;
  /** Returns the messages of the commits of another change: those of its chain that are not merged. */
  readonly messagesOf: (change: FoundChange) => Promise<readonly string[]>;
  /** Told what is passed over. */
  readonly note: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Changes that one change may depend on. */
const MOST = 50;

/**
 * Finds all open changes that a change depends on, also by what it depends on itself. Merged ones need nothing.
 *
 * @throws UnmetDependency where one is abandoned, cannot be found, or leads back to itself
 */
export async function resolveDependencies(options: ResolveOptions): Promise<readonly FoundChange[]> {
  const { event, finder, messagesOf, note, signal } = options;
  const found = new Map<string, FoundChange>();
  const visit = async (messages: readonly string[], way: readonly string[]): Promise<void> => {
    for (const reference of readDependsOn(messages)) {
      const changes = await finder.find(reference, event.change?.url, signal);
      if (changes === null) {
        note(`Depends-On: ${reference}: passed over, as it is no change of this Gerrit`);
        continue;
      }
      if (changes.length === 0) throw new UnmetDependency(`Depends-On: ${reference}: there is no such change`);
      for (const change of onePerProject(changes, event.branch)) {
        const key = `${change.project} ${change.number}`;
        if (change.status === 'merged') {
          note(`Depends-On: ${key} is merged`);
          continue;
        }
        if (change.status === 'abandoned') throw new UnmetDependency(`Depends-On: ${key} was abandoned`);
        if (way.includes(key)) {
          const circle = [...way.slice(way.indexOf(key)), key].join(' → ');
          throw new UnmetDependency(`Depends-On: the changes depend on each other in a circle: ${circle}`);
        }
        if (found.has(key)) continue;
        found.set(key, change);
        if (found.size > MOST) throw new UnmetDependency(`Depends-On: these are more than ${MOST} changes`);
        await visit(await messagesOf(change), [...way, key]);
      }
    }
  };
  await visit(options.messages, [`${event.project} ${event.change?.number ?? ''}`]);
  return [...found.values()];
}

/** A Change-Id is the same for the change on each branch: that on our branch is meant, else one that is open. */
function onePerProject(changes: readonly FoundChange[], branch: string): readonly FoundChange[] {
  const best = new Map<string, FoundChange>();
  const rank = (change: FoundChange): number => (change.branch === branch ? 2 : 0) + (change.status === 'open' ? 1 : 0);
  for (const change of changes) {
    const other = best.get(change.project);
    if (!other || rank(change) > rank(other)) best.set(change.project, change);
  }
  return [...best.values()];
}
