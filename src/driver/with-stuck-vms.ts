import { VirtbsError, type ErrorCode } from '../errors.js';
import type { VmOutcome } from './types.js';

/** Why VMs were not kept, and which of them could not go on afterwards; the very error where all did. */
export function withStuckVms(error: unknown, failures: readonly VmOutcome[], code: ErrorCode): unknown {
  if (failures.length === 0) return error;
  const reasons = [error, ...failures.map((failure) => failure.error)];
  const lines = reasons.map((reason) => (reason instanceof Error ? reason.message : String(reason)));
  return new VirtbsError(code, lines.join('\n'), {
    hint: 'virtbs start starts VMs that are off, and lets those go on that are paused',
    cause: error,
  });
}
