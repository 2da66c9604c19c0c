import { showReasons } from '../try-all.js';
import type { ErrorCode } from '../error-kinds.js';
import { VirtbsError } from '../errors.js';
import { failedVm } from '../failed-vm.js';
import type { VmOutcome } from './types.js';

/** Returns why VMs were not kept, and which of them could not go on afterwards; the very error where all did. */
export function withStuckVms(error: unknown, failures: readonly VmOutcome[], code: ErrorCode): unknown {
  if (failures.length === 0) return error;
  const reasons = [error, ...failures.map((failure) => failure.error)];
  return new VirtbsError(code, showReasons(reasons), {
    hint: 'virtbs start starts VMs that are off, and lets those go on that are paused',
    cause: error,
    vms: failures.map(({ vm, error: reason }) => failedVm(vm.hostname, reason, code)),
  });
}
