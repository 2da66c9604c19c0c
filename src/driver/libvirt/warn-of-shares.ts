import type { VerbContext } from '../../events.js';
import type { SlicePlan } from '../../plan/plan.js';
import type { Platform } from './platform.js';

/** Warns where VMs are to see folders in a way that few guests know. */
export function warnOfShares(
  { vms }: Pick<SlicePlan, 'vms'>,
  { share }: Pick<Platform, 'share'>,
  { emit }: Pick<VerbContext, 'emit'>,
): void {
  const names = vms.filter((vm) => vm.share).map(({ hostname }) => hostname);
  if (share !== '9p' || names.length === 0) return;
  const message = `${names.join(', ')}: no virtiofsd is installed here, so folders are shared by 9p, which mini and most cloud images do not know: see virtbs host check`;
  emit({ type: 'warning', message });
}
