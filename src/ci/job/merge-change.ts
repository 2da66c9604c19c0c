import { VirtbsError } from '../../errors.js';
import { runProgram } from '../../process/run-program.js';
import { UnmetDependency } from '../depends/unmet-dependency.js';

export interface MergeChangeOptions {
  /** The checkout that gets it. */
  readonly directory: string;
  /** Another checkout, whose branch `change` it is. */
  readonly from: string;
  /** What it is, for the message of the commit and errors. */
  readonly what: string;
  readonly signal: AbortSignal;
}

/** Nobody is asked, no hook runs, and nobody's key signs. */
const OPTIONS = [
  ...['-c', 'core.hooksPath=/dev/null', '-c', 'commit.gpgSign=false', '-c', 'merge.verifySignatures=false'],
  ...['-c', 'user.name=virtbs', '-c', 'user.email=virtbs@localhost'],
];

const ENVIRONMENT = { GIT_TERMINAL_PROMPT: '0', GIT_DIR: undefined, GIT_WORK_TREE: undefined };

/**
 * Merges a change into a checkout of the same project. One that is in there already changes nothing.
 *
 * @throws UnmetDependency where they do not fit together
 */
export async function mergeChange({ directory, from, what, signal }: MergeChangeOptions): Promise<void> {
  const git = async (...args: readonly string[]): Promise<string> =>
    (await runProgram('git', ['-C', directory, ...OPTIONS, ...args], { signal, env: ENVIRONMENT, group: true })).stdout;
  await git('fetch', '--quiet', from, '+refs/heads/change:refs/heads/depends');
  try {
    await git('merge', '--quiet', '--no-edit', '-m', `Merge ${what}`, 'depends');
  } catch (error) {
    signal.throwIfAborted();
    const files = (await git('diff', '--name-only', '--diff-filter=U')).trim().split('\n').join(', ');
    const reason = files === '' ? describe(error) : `conflict in ${files}`;
    throw new UnmetDependency(`the change cannot be merged with ${what}, which it depends on: ${reason}`);
  }
  await git('branch', '--quiet', '-D', 'depends');
}

function describe(error: unknown): string {
  return error instanceof VirtbsError ? error.message : String(error);
}
