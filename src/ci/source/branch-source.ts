import { setTimeout } from 'node:timers/promises';
import type { CiBranch } from '../../config/ci-settings.js';
import type { VirtbsEvent } from '../../events.js';
import { openBareRepository, type BareRepositoryOptions } from '../job/bare-repository.js';
import type { ChangeEvent } from '../change-event.js';
import { fitsList } from '../match-trigger.js';
import type { EventSource } from '../event-source.js';

export interface BranchSourceOptions extends Pick<BareRepositoryOptions, 'repositories' | 'env'> {
  readonly branch: CiBranch;
  /** Whether it looks once and ends. */
  readonly once: boolean;
  readonly emit: (event: VirtbsEvent) => void;
}

const HEADS = 'refs/heads/';

/**
 * Looks at the branches of a repository from time to time. Each revision that a branch has at such a time is one event, also at the first
 * look. A repository that does not answer is a warning, and is looked at again.
 */
export function branchSource({ branch, once, emit, ...repository }: BranchSourceOptions): EventSource {
  const { project, url, every } = branch;
  const name = `branches:${project}`;
  return {
    name,
    async *events({ signal }) {
      while (!signal.aborted) {
        try {
          yield* await lookAtBranches(branch, { ...repository, url, holder: `look at branches of ${project}`, signal });
        } catch (error) {
          if (signal.aborted) return;
          // With `once` nobody looks again.
          if (once) throw error;
          emit({ type: 'warning', message: `${name}: ${error instanceof Error ? error.message : String(error)}` });
        }
        if (once) return;
        await setTimeout(every, undefined, { signal }).catch(() => undefined);
      }
    },
  };
}

async function lookAtBranches(
  { project, branch: patterns }: CiBranch,
  options: BareRepositoryOptions,
): Promise<readonly ChangeEvent[]> {
  await using bare = await openBareRepository(options);
  const at = new Date().toISOString();
  const lines = (await bare.git('-C', bare.path, 'ls-remote', '--heads', 'source')).split('\n');
  return lines.flatMap((line): readonly ChangeEvent[] => {
    const [revision = '', ref = ''] = line.split('\t');
    const branch = ref.slice(HEADS.length);
    if (!ref.startsWith(HEADS) || !fitsList(patterns, branch)) return [];
    return [{ id: `branch:${project}:${branch}:${revision}`, kind: 'ref', project, branch, revision, at }];
  });
}
