import { firstBootJson, type FirstBootJson } from './first-boot-json.js';
import type { NetworkPlan, SlicePlan, VmPlan } from './plan.js';

/**
 * The result that `plan --json` prints: a contract for programs. A member is never removed or changed in meaning without a
 * new version; new ones may be added. What only the making of a VM needs is left out.
 */
export interface PlanJson {
  readonly version: 1;
  readonly slice: number;
  readonly networks: readonly NetworkPlan[];
  readonly vms: readonly VmPlanJson[];
}

export type VmPlanJson = Pick<
  VmPlan,
  | 'hostname'
  | 'domain'
  | 'uuid'
  | 'role'
  | 'offset'
  | 'memoryMiB'
  | 'vcpu'
  | 'accessAddress'
  | 'interfaces'
  | 'disks'
  | 'user'
  | 'share'
  | 'labels'
> & { readonly firstBoot?: FirstBootJson };

export function planJson({ version, slice, networks, vms }: SlicePlan): PlanJson {
  return { version, slice, networks, vms: vms.map(vmJson) };
}

function vmJson(vm: VmPlan): VmPlanJson {
  const { hostname, domain, uuid, role, offset, memoryMiB, vcpu, accessAddress, interfaces, disks, labels } = vm;
  const known = { hostname, domain, uuid, role, offset, memoryMiB, vcpu, accessAddress, interfaces, disks };
  return { ...known, ...givenParts(vm), labels };
}

/** Returns the members that only some VMs have. */
export function givenParts(
  vm: Pick<VmPlan, 'user' | 'firstBoot' | 'share'>,
): Pick<VmPlanJson, 'user' | 'firstBoot' | 'share'> {
  const firstBoot = firstBootJson(vm);
  return {
    ...(vm.user !== undefined && { user: vm.user }),
    ...(firstBoot && { firstBoot }),
    ...(vm.share && { share: vm.share }),
  };
}
