import type { Driver } from '../driver/types.js';
import type { VerbContext } from '../events.js';
import type { SlicePlan } from '../plan/plan.js';
import { describeFailures, type VmFailure } from './vm-failure.js';

export interface FailedVms {
  /** With all VMs that were asked for. */
  readonly plan: SlicePlan;
  readonly failures: readonly VmFailure[];
  /** The folder of the whole consoles. */
  readonly logs: string;
}

/** Ends a verb of which VMs are missing, after those were told who want to know. @throws VirtbsError `vm-failed` */
export async function failVms(
  driver: Pick<Driver, 'notify'>,
  { plan, failures, logs }: FailedVms,
  context: VerbContext,
): Promise<never> {
  const error = describeFailures(plan, failures, logs);
  await driver.notify?.(error.message, context);
  throw error;
}
