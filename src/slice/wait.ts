import { countOf } from '../text/count-of.js';
import type { VmState } from '../driver/types.js';
import { VirtbsError } from '../errors.js';
import type { VerbContext } from '../events.js';
import { failedVm } from '../failed-vm.js';
import { slicePaths } from '../filenames.js';
import { failVms } from './fail-vms.js';
import { selectVms } from './select-vms.js';
import { readSlice, type StandingOptions } from './standing-slice.js';
import { waitForVms } from '../guest/wait-for-vms.js';

export interface WaitVerbOptions extends StandingOptions {
  /** VMs and roles; none means all of the slice. */
  readonly words: readonly string[];
  /** Milliseconds without progress after which a VM is given up. */
  readonly bootTimeout: number;
}

export interface WaitResult {
  readonly version: 1;
  readonly slice: number;
  /** VMs that accept a login, or for which there is nothing to wait. */
  readonly vms: readonly { readonly hostname: string; readonly domain: string; readonly role: string }[];
}

/**
 * Waits until VMs accept a login and, where they have cloud-init, that has finished. Changes nothing, and takes no lock.
 *
 * @throws VirtbsError `vm-failed` at once with all that do not run, or in the end with all that make no progress
 */
export async function wait(options: WaitVerbOptions, context: VerbContext): Promise<WaitResult> {
  const { slice, driver, root, words, bootTimeout } = options;
  const { state, plan, outputDirectory } = await readSlice(options, context);
  const chosen = selectVms(state.vms, words, slice);
  const vms = plan.vms.filter(({ domain }) => chosen.some((vm) => vm.domain === domain));
  assertRunning(chosen, slice);
  const failures = driver.features.guests
    ? await waitForVms({ ...plan, vms }, { driver, outputDirectory, bootTimeout }, context)
    : [];
  const { logs } = slicePaths(root, slice);
  if (failures.length > 0) await failVms({ ...options, plan: { ...plan, vms }, failures, logs }, context);
  return { version: 1, slice, vms: vms.map(({ hostname, domain, role }) => ({ hostname, domain, role })) };
}

/** A VM that is off never answers: that is told at once. */
function assertRunning(vms: readonly VmState[], slice: number): void {
  const down = vms.filter(({ power }) => power !== 'running');
  if (down.length === 0) return;
  const words = down.map(({ hostname, power }) => `${hostname} is ${power}`).join(', ');
  throw new VirtbsError(
    'vm-failed',
    `slice ${slice}: ${down.length} of ${countOf(vms.length, 'VM')} ${vms.length === 1 ? 'does' : 'do'} not run: ${words}`,
    {
      hint: `virtbs -s ${slice} start ${down.map(({ hostname }) => hostname).join(' ')}`,
      vms: down.map(({ hostname, power }) => failedVm(hostname, `it is ${power}`)),
    },
  );
}
