import type { VerbContext } from '../events.js';
import { slicePaths } from '../filenames.js';
import { selectVms } from './select-vms.js';
import { readSlice, type StandingOptions } from './standing-slice.js';
import { describeFailures, type VmFailure } from './vm-failure.js';
import { waitForVms } from './wait-for-vms.js';

export interface WaitVerbOptions extends StandingOptions {
  /** VMs and roles; none means all of the slice. */
  readonly words: readonly string[];
  /** Milliseconds without progress after which a VM is given up. */
  readonly timeout: number;
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
 * @throws VirtbsError `vm-failed` with all that are off or make no progress
 */
export async function wait(options: WaitVerbOptions, context: VerbContext): Promise<WaitResult> {
  const { slice, driver, root, words, timeout } = options;
  const { state, plan, outputDirectory } = await readSlice(options, context);
  const chosen = selectVms(state.vms, words, slice);
  const vms = plan.vms.filter(({ domain }) => chosen.some((vm) => vm.domain === domain));
  const down = vms.flatMap((vm): VmFailure[] => {
    const power = chosen.find(({ domain }) => domain === vm.domain)?.power;
    const reason = `the VM is ${power}: virtbs -s ${slice} start ${vm.hostname}`;
    return power === 'running' ? [] : [{ vm, phase: 'defined', reason, console: [] }];
  });
  const running = { ...plan, vms: vms.filter((vm) => !down.some((failure) => failure.vm === vm)) };
  const slow = driver.features.guests ? await waitForVms(running, { driver, outputDirectory, timeout }, context) : [];
  const failures = [...down, ...slow];
  if (failures.length > 0) throw describeFailures({ ...plan, vms }, failures, slicePaths(root, slice).logs);
  return { version: 1, slice, vms: vms.map(({ hostname, domain, role }) => ({ hostname, domain, role })) };
}
