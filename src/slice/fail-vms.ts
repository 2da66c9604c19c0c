import type { VerbContext } from '../events.js';
import type { Notify } from '../notify/notify.js';
import type { SlicePlan } from '../plan/plan.js';
import type { VmFailure } from '../guest/vm-failure.js';
import { describeFailures } from './describe-failures.js';

export interface FailedVms {
  /** The plan with all VMs that were asked for. */
  readonly plan: SlicePlan;
  readonly failures: readonly VmFailure[];
  /** The folder of the whole consoles. */
  readonly logs: string;
  /** Nobody is told where not given. */
  readonly notify?: Notify | undefined;
}

/** Ends a verb of which VMs are missing, after those were told who want to know. @throws VirtbsError `vm-failed` */
export async function failVms({ plan, failures, logs, notify }: FailedVms, context: VerbContext): Promise<never> {
  const error = describeFailures(plan, failures, logs);
  await notify?.(error.message, context);
  throw error;
}
