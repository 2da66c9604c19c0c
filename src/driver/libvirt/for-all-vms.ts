import { VirtbsError } from '../../errors.js';
import type { VmPlan } from '../../plan/plan.js';
import { explainLibvirt } from './libvirt-failure.js';

/** Does something with all VMs at once; of several that fail all reasons are told, after all others are done. */
export async function forAllVms<T extends { readonly vm: VmPlan }>(
  vms: readonly T[],
  work: (each: T) => Promise<void>,
): Promise<void> {
  const results = await Promise.allSettled(vms.map((each) => explainLibvirt(each.vm.domain, () => work(each))));
  const reasons = results.flatMap((result): readonly unknown[] =>
    result.status === 'rejected' ? [result.reason] : [],
  );
  if (reasons.length < 2) {
    if (reasons.length === 1) throw reasons[0];
    return;
  }
  const lines = reasons.map((reason) => (reason instanceof Error ? reason.message : String(reason)));
  throw new VirtbsError('libvirt-failed', lines.join('\n'), { cause: reasons[0] });
}
