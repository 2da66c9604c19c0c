import type { ErrorCode } from '../error-kinds.js';
import type { VmPhase } from '../events.js';
import type { VmPlan } from '../plan/plan.js';

/** The reason why a VM is missing from a slice that was made. */
export interface VmFailure {
  readonly vm: VmPlan;
  /** The phase that it had reached. */
  readonly phase: VmPhase;
  readonly reason: string;
  /** The code of the reason; `vm-failed` where not given. */
  readonly code?: ErrorCode | undefined;
  /** Whether the VM was seen to have ended by itself: it is off, or crashed. */
  readonly ended?: boolean | undefined;
  /** The cure, where it is known. */
  readonly hint?: string | undefined;
  /** The last lines of its serial console. */
  readonly console: readonly string[];
}
