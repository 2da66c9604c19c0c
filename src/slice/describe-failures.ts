import { countOf } from '../text/count-of.js';
import type { VmOutcome } from '../driver/types.js';
import { VirtbsError, type ErrorVm } from '../errors.js';
import type { VmFailure } from '../guest/vm-failure.js';
import type { SlicePlan } from '../plan/plan.js';

/** VMs that do not exist. */
export function failedOutcomes(outcomes: readonly VmOutcome[]): readonly VmFailure[] {
  return outcomes.flatMap(({ vm, error, console = [] }) =>
    error === null ? [] : [{ vm, phase: 'defined' as const, ...failureReason(error), console: [...console] }],
  );
}

/** Returns the reason in an error that kept a VM from being made. */
export function failureReason(error: Error): Pick<VmFailure, 'reason' | 'code' | 'hint'> {
  const { code, hint } = error instanceof VirtbsError ? error : {};
  return { reason: error.message, code, hint };
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
  const message = `slice ${plan.slice}: ${failures.length} of ${countOf(plan.vms.length, 'VM')} failed\n${lines.join('\n')}`;
  return new VirtbsError('vm-failed', message, { hint: chooseHint(failures, logs), vms: failures.map(failedVm) });
}

function failedVm({ vm, reason, code, hint }: VmFailure): ErrorVm {
  return { hostname: vm.hostname, message: reason, code: code ?? 'vm-failed', hint: hint ?? null };
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
