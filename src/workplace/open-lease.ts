import { leaseSlice, type Lease } from '../slice/lease-slice.js';
import { lifeTime } from '../slice/slice-creation.js';
import type { LeaseRequest } from './lease-request.js';
import { LOCK_TIMEOUT } from './lock-timeout.js';
import type { Workplace } from './workplace.js';

/** Leases a slice. What is wrong with its plan is told before anything is taken or torn down. */
export async function openLease(request: LeaseRequest, place: Workplace): Promise<Lease> {
  const { until, ttl, another = false, dryRun = false, plan, mayBeEmpty = false } = request;
  const { lease: range } = await place.configuration();
  const { expires } = lifeTime(ttl);
  if (plan && (!mayBeEmpty || (await place.asksForVms(plan)))) await place.plan({ ...plan, slice: range.first });
  const session = await place.session();
  const [root, driver] = [await place.root(), await place.driver()];
  const { outputDirectory } = place;
  return await leaseSlice(
    { driver, root, session, range, expires, until, another, outputDirectory, lockTimeout: LOCK_TIMEOUT, dryRun },
    place.verb,
  );
}
