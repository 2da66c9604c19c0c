import { renderSize } from '../text/render-size.js';
import type { NetworkPlan, SlicePlan, VmPlan } from '../plan/plan.js';

const MIB = 1024 ** 2;

/** A slice to be drawn: its plan, and how its VMs are. */
export interface SliceGraph {
  readonly plan: SlicePlan;
  /** Power by host name. */
  readonly powers: ReadonlyMap<string, string>;
}

/** Returns the words below the name of a VM. */
export function vmWords({ role, memoryMiB, vcpu, hostname }: VmPlan, { powers }: SliceGraph): string {
  return [role, renderSize(memoryMiB * MIB), `${vcpu} vcpu`, powers.get(hostname)].filter(Boolean).join(' · ');
}

const FORWARD = { nat: 'NAT', none: 'isolated', route: 'open' } as const satisfies Record<
  NetworkPlan['forward'],
  string
>;

/** Returns the words below the name of a network. */
export function networkWords({ ipv4, forward }: NetworkPlan): string {
  return `${ipv4.cidr} · ${FORWARD[forward]}`;
}
