import type { VmOutcome } from '../driver/types.js';
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

/** VMs that do not exist. */
export function failedOutcomes(outcomes: readonly VmOutcome[]): readonly VmFailure[] {
  return outcomes.flatMap(({ vm, error, console = [] }) =>
    error === null
      ? []
      : [{ vm, phase: 'defined' as const, reason: error.message, hint: hintOf(error), console: [...console] }],
  );
}

/**
 * One error for all VMs that are missing: each with its phase, the reason, and what its console said last.
 *
 * @param logs the folder of the whole consoles
 */
export function describeFailures(plan: SlicePlan, failures: readonly VmFailure[], logs: string): VirtbsError {
  const lines = [...groupAlike(failures)].flatMap(([{ phase, reason, console }, hostnames]) => [
    `  ${hostnames.join(', ')} (${phase}): ${reason}`,
    ...console.map((line) => `    | ${line}`),
  ]);
  const message = `slice ${plan.slice}: ${failures.length} of ${plan.vms.length} VMs failed\n${lines.join('\n')}`;
  return new VirtbsError('vm-failed', message, { hint: chooseHint(failures, logs) });
}

/** Several VMs may fail for one and the same reason, such as an image, which is told once. */
function groupAlike(failures: readonly VmFailure[]): ReadonlyMap<VmFailure, readonly string[]> {
  const groups = new Map<string, [VmFailure, string[]]>();
  for (const failure of failures) {
    const { vm, phase, reason, console } = failure;
    const key = JSON.stringify([phase, reason, console]);
    const group = groups.get(key) ?? [failure, []];
    group[1].push(vm.hostname);
    groups.set(key, group);
  }
  return new Map(groups.values());
}

function chooseHint(failures: readonly VmFailure[], logs: string): string {
  const hints = new Set(failures.map(({ hint }) => hint));
  const [hint] = hints;
  if (hints.size === 1 && hint !== undefined) return hint;
  if (failures.every(({ phase }) => phase === 'defined')) {
    return 'the reason above is all that was told; the VMs that work are left running';
  }
  if (failures.every(({ phase, console }) => phase === 'started' && console.length === 0)) {
    return 'they have not said a word on their consoles: see whether their image boots here; where KVM does not work, give their role "virt_type: qemu"';
  }
  return `the VMs are left as they are, their whole consoles are in ${logs}; slow ones need more --timeout`;
}

function hintOf(error: Error): string | undefined {
  return error instanceof VirtbsError ? error.hint : undefined;
}
