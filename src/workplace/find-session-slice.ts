import { VirtbsError } from '../errors.js';
import { readLeases } from '../session/leases.js';
import { isSameRun } from '../session/session.js';
import { showSession } from '../session/show-session.js';
import type { Workplace } from './workplace.js';

/** Finds the slice that was leased for this session, the last one where there are several. @throws VirtbsError `no-slice` */
export async function findSessionSlice(place: Pick<Workplace, 'root' | 'session'>): Promise<number> {
  const session = await place.session();
  const leases = await readLeases(await place.root());
  const own = leases.filter((lease) => isSameRun(lease.session, session));
  const [last] = own.sort((one, other) => other.since.localeCompare(one.since));
  if (last) return last.slice;
  throw new VirtbsError('no-slice', `no slice is leased for this session, ${showSession(session)}`, {
    hint: 'virtbs -s auto cycle … leases one; virtbs ls shows whose the others are',
  });
}
