import type { NetworkPlan, SlicePlan, VmPlan } from './plan.js';

/**
 * What `plan --json` prints: a contract for programs. A member is never removed or changed in meaning without a new version;
 * new ones may be added. What only the build of a VM needs is left out.
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
  | 'labels'
>;

export function planJson({ version, slice, networks, vms }: SlicePlan): PlanJson {
  return { version, slice, networks, vms: vms.map(vmJson) };
}

function vmJson(vm: VmPlan): VmPlanJson {
  const { hostname, domain, uuid, role, offset, memoryMiB, vcpu, accessAddress, interfaces, disks, labels } = vm;
  return { hostname, domain, uuid, role, offset, memoryMiB, vcpu, accessAddress, interfaces, disks, labels };
}
