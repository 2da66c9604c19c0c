import { VirtbsError } from '../errors.js';
import type { OldSlice } from '../slice/cycle.js';
import type { CommandContext } from './command.js';
import { confirm } from './confirm.js';

export interface AgreeOptions {
  /** The file of the project that one stands in; null for none. */
  readonly project: string | null;
  /** Leaves the terminal to the question. */
  readonly pause: () => void;
}

/**
 * Asks before a slice is destroyed whose number nobody gave and that another project built: the number 1 is easily that of somebody
 * else. Where there is no terminal to ask on, a project refuses, and without a project all goes on as it is asked for.
 *
 * @throws VirtbsError `foreign-slice` where there is no terminal, `cancelled` for a no
 */
export async function agreeToDestroy(
  { slice, vms, project: builder }: OldSlice,
  { project, pause }: AgreeOptions,
  context: CommandContext,
): Promise<void> {
  if (builder === project || vms.length === 0) return;
  const { stdin, stderr } = context;
  const origin = builder === null ? 'this project did not build' : `${builder} built`;
  if (stdin.isTTY === true && stderr.isTTY === true) {
    pause();
    stderr.write(`${origin} slice ${slice}. This destroys ${vms.join(', ')}.\n`);
    if (await confirm('Do it?', context)) return;
    throw new VirtbsError('cancelled', 'nothing was done', {
      hint: `virtbs -s ${slice + 1} cycle takes another slice`,
    });
  }
  if (project === null) return;
  throw new VirtbsError('foreign-slice', `${origin} slice ${slice}: ${vms.join(', ')}`, {
    hint: `give the number to destroy it: --slice ${slice}; or take another one`,
  });
}
