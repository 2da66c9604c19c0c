import type { ErrorCode } from './error-kinds.js';
import { VirtbsError, type ErrorVm } from './errors.js';

/**
 * A VM of which something failed, as an error tells it to programs.
 *
 * @param code where the reason has none of its own
 */
export function failedVm(hostname: string, reason: unknown, code: ErrorCode = 'vm-failed'): ErrorVm {
  const message = reason instanceof Error ? reason.message : String(reason);
  if (!(reason instanceof VirtbsError)) return { hostname, message, code, hint: null };
  return { hostname, message, code: reason.code, hint: reason.hint ?? null };
}
