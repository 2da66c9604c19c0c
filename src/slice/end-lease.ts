import type { SliceState } from '../driver/types.js';
import type { VerbContext } from '../events.js';
import { removeLease, type LeaseRecord } from '../session/leases.js';
import { parseSession } from '../session/parse-session.js';
import { isSameRun } from '../session/session.js';
import { wipe, type WipeOptions, type WipeResult } from './wipe.js';

/**
 * Ends a lease, and with it what its session made in the slice. What somebody else has made there since stays. The caller
 * holds the lease's lock.
 */
export async function endLease(
  lease: LeaseRecord,
  options: Omit<WipeOptions, 'slice' | 'only'>,
  context: VerbContext,
): Promise<WipeResult> {
  const { slice } = lease;
  const only = (state: SliceState | undefined): boolean => state === undefined || isMadeBy(lease, state, options.root);
  const result = await wipe({ ...options, slice, only }, context);
  if (!options.dryRun) await removeLease(options.root, slice);
  return result;
}

/** Tells whether what is in the slice was made by the session that leased it. */
export function isMadeBy({ session }: LeaseRecord, state: SliceState, root: string): boolean {
  return state.root === root && isSameRun(parseSession(state.session), session);
}
