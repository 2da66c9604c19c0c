import { endLease } from '../../slice/end-lease.js';
import { readLease, tryLockLease } from '../../session/leases.js';
import type { Workplace } from '../../workplace/workplace.js';

/** Milliseconds to wait for another process that changes the slice. */
const LOCK_TIMEOUT = 600_000;

/**
 * Destroys what a run that is over has left in its slice. A slice that somebody works with, or that was given to somebody else since,
 * stays as it is.
 */
export async function endLeftSlice(slice: number, kind: 'process' | 'time', place: Workplace): Promise<void> {
  const root = await place.root();
  await using lock = await tryLockLease(root, slice, `end of the lease of slice ${slice}`);
  const lease = lock && (await readLease(root, slice));
  if (!lease || lease.until !== kind || lease.session.kind !== 'ci') return;
  const options = { ...(await place.standing(slice)), lockTimeout: LOCK_TIMEOUT, dryRun: false };
  await endLease(lease, options, place.verb);
}
