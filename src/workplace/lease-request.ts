import type { PlanRequest } from './load-plan.js';

export interface LeaseRequest {
  /** The thing that the lease lasts as long as. */
  readonly until: 'process' | 'session';
  /** Whether it is a slice that the session does not have yet. */
  readonly another?: boolean;
  /** Milliseconds after which `reap` may end it; undefined for no limit. */
  readonly ttl?: number | undefined;
  /** Choose, but take nothing. */
  readonly dryRun?: boolean;
  /** The plan that will be made in it, which is checked before; null for none. */
  readonly plan: Omit<PlanRequest, 'slice'> | null;
  /** Whether it can stay empty where neither the plan nor a file says which VMs to make. */
  readonly mayBeEmpty?: boolean;
}
