import type { NetworkPlan, VmPlan } from './plan.js';

/** Reads the plan of a VM that was kept as JSON; null where it is none of ours. */
export function parseVmPlan(json: string | undefined): VmPlan | null {
  const plan = parse(json);
  return isRecord(plan) && typeof plan['hostname'] === 'string' && hasLists(plan, 'interfaces', 'disks', 'boot')
    ? (plan as unknown as VmPlan)
    : null;
}

/** Reads plans of networks that were kept as JSON; none where they are none of ours. */
export function parseNetworkPlans(json: string | undefined): readonly NetworkPlan[] {
  const plans = parse(json);
  const known = Array.isArray(plans) && plans.every((plan) => isRecord(plan) && isRecord(plan['ipv4']));
  return known ? (plans as NetworkPlan[]) : [];
}

function parse(json = 'null'): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function hasLists(plan: Readonly<Record<string, unknown>>, ...names: readonly string[]): boolean {
  return names.every((name) => Array.isArray(plan[name]));
}
