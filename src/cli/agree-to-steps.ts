import { VirtbsError } from '../errors.js';
import type { Step } from '../host/prepare-host.js';
import type { CommandContext } from './command.js';
import { confirm } from './confirm.js';
import { listSteps } from './render/steps.js';

/**
 * Lists what is about to be done, and asks where it is not agreed to already.
 *
 * @throws VirtbsError `usage` where there is no terminal to ask on, `cancelled` for a no
 */
export async function agreeToSteps(
  steps: readonly Step[],
  { isAgreed }: { readonly isAgreed: boolean },
  context: CommandContext,
): Promise<void> {
  const { stdin, stderr } = context;
  stderr.write(listSteps(steps));
  if (isAgreed) return;
  if (stdin.isTTY !== true || stderr.isTTY !== true) {
    throw new VirtbsError('usage', 'host prepare: there is no terminal to ask on, and nothing was done', {
      hint: 'say --yes to do all that is listed, or --dry-run to see it alone',
    });
  }
  if (await confirm('Do all of it?', context)) return;
  throw new VirtbsError('cancelled', 'nothing was done');
}
