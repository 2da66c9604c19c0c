import { VirtbsError } from '../errors.js';
import type { VmPhase } from '../events.js';
import type { SlicePlan, VmPlan } from '../plan/plan.js';

/** Why a VM is missing from a slice that was built. */
export interface VmFailure {
  readonly vm: VmPlan;
  /** How far it had come. */
  readonly phase: VmPhase;
  readonly reason: string;
  /** The last lines of its serial console. */
  readonly console: readonly string[];
}

/** One error for all VMs that are missing: each with its phase, the reason, and what its console said last. @param logs where consoles are logged */
export function describeFailures(plan: SlicePlan, failures: readonly VmFailure[], logs: string): VirtbsError {
  const lines = failures.flatMap(({ vm, phase, reason, console }) => [
    `  ${vm.hostname} (${phase}): ${reason}`,
    ...console.map((line) => `    | ${line}`),
  ]);
  const message = `slice ${plan.slice}: ${failures.length} of ${plan.vms.length} VMs failed\n${lines.join('\n')}`;
  const dead = failures.every(({ phase }) => phase === 'defined');
  const hint = dead
    ? 'the reason above is the hypervisor’s own; the VMs that work are left running'
    : `the VMs are left as they are, their whole consoles are in ${logs}; slow ones need more --timeout`;
  return new VirtbsError('vm-failed', message, { hint });
}
