import { VirtbsError } from '../errors.js';
import type { VmPhase } from '../events.js';
import type { SlicePlan, VmPlan } from '../plan/plan.js';

/** Why a VM is missing from a slice that was built. */
export interface VmFailure {
  readonly vm: VmPlan;
  /** How far it had come. */
  readonly phase: VmPhase;
  readonly reason: string;
  /** What to do about it, where that is known. */
  readonly hint?: string | undefined;
  /** The last lines of its serial console. */
  readonly console: readonly string[];
}

/**
 * One error for all VMs that are missing: each with its phase, the reason, and what its console said last.
 *
 * @param logs the folder of the whole consoles
 */
export function describeFailures(plan: SlicePlan, failures: readonly VmFailure[], logs: string): VirtbsError {
  const lines = failures.flatMap(({ vm, phase, reason, console }) => [
    `  ${vm.hostname} (${phase}): ${reason}`,
    ...console.map((line) => `    | ${line}`),
  ]);
  const message = `slice ${plan.slice}: ${failures.length} of ${plan.vms.length} VMs failed\n${lines.join('\n')}`;
  return new VirtbsError('vm-failed', message, { hint: chooseHint(failures, logs) });
}

function chooseHint(failures: readonly VmFailure[], logs: string): string {
  const hints = new Set(failures.map(({ hint }) => hint));
  const [hint] = hints;
  if (hints.size === 1 && hint !== undefined) return hint;
  if (failures.every(({ phase }) => phase === 'defined')) {
    return 'the reason above is the hypervisor’s own; the VMs that work are left running';
  }
  if (failures.every(({ phase, console }) => phase === 'started' && console.length === 0)) {
    return 'they have not said a word on their consoles: where KVM does not work, give their role "virt_type: qemu"';
  }
  return `the VMs are left as they are, their whole consoles are in ${logs}; slow ones need more --timeout`;
}
