import type { VmPlan } from '../../plan/plan.js';

/** Stands in neither the names of domains nor those of networks and disks. */
const SEPARATOR = '.';

/** Ports and volumes have the name of their VM, and behind it what they are for it: a network or a disk. */
export function partName({ domain }: Pick<VmPlan, 'domain'>, part: string): string {
  return `${domain}${SEPARATOR}${part}`;
}

/** The domain of the VM that a port or volume is part of. */
export function partDomain(name: string | null): string {
  return name?.split(SEPARATOR)[0] ?? '';
}
