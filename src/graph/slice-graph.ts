import type { NetworkPlan, SlicePlan, VmPlan } from '../plan/plan.js';

/** A slice to be drawn: its plan, and how its VMs are. */
export interface SliceGraph {
  readonly plan: SlicePlan;
  /** Power by host name. */
  readonly powers: ReadonlyMap<string, string>;
}

/** What is said of a VM below its name. */
export function vmWords({ role, memoryMiB, vcpu, hostname }: VmPlan, { powers }: SliceGraph): string {
  return [role, `${memoryMiB} MiB`, `${vcpu} vcpu`, powers.get(hostname)].filter(Boolean).join(' · ');
}

const FORWARD = { nat: 'NAT', none: 'isolated', route: 'open' } as const satisfies Record<
  NetworkPlan['forward'],
  string
>;

/** What is said of a network below its name. */
export function networkWords({ ipv4, forward }: NetworkPlan): string {
  return `${ipv4.cidr} · ${FORWARD[forward]}`;
}
