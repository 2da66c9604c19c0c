import { VirtbsError } from '../../errors.js';
import { failedVm } from '../../failed-vm.js';
import type { VmPlan } from '../../plan/plan.js';
import { explainLibvirt } from './libvirt-failure.js';

/** Does something with all VMs at once; of several that fail all reasons are told, after all others are done. */
export async function forAllVms<T extends { readonly vm: VmPlan }>(
  vms: readonly T[],
  work: (each: T) => Promise<void>,
): Promise<void> {
  const results = await Promise.allSettled(vms.map((each) => explainLibvirt(each.vm.domain, () => work(each))));
  const failed = results.flatMap((result, index): readonly { reason: unknown; hostname: string }[] =>
    result.status === 'rejected' ? [{ reason: result.reason, hostname: vms[index]?.vm.hostname ?? '' }] : [],
  );
  const [first] = failed;
  if (!first) return;
  if (failed.length === 1) throw first.reason;
  const told = failed.map(({ reason, hostname }) => failedVm(hostname, reason, 'libvirt-failed'));
  const alike =
    new Set(told.map(({ code }) => code)).size === 1 && first.reason instanceof VirtbsError ? first.reason : null;
  throw new VirtbsError(alike?.code ?? 'libvirt-failed', told.map(({ message }) => message).join('\n'), {
    ...(alike?.hint !== undefined && { hint: alike.hint }),
    cause: first.reason,
    vms: told,
  });
}
