import { VirtbsError } from '../errors.js';
import { readLeases } from '../session/leases.js';
import { isSameRun } from '../session/session.js';
import { showSession } from '../session/show-session.js';
import type { CommandArguments, CommandContext } from './command.js';
import { describeSession } from './describe-session.js';
import { resolveRoot } from './resolve-root.js';

/** The slice that was leased for this session, the last one where there are several. @throws VirtbsError `no-slice` */
export async function findSessionSlice(args: CommandArguments, context: CommandContext): Promise<number> {
  const session = await describeSession(context);
  const leases = await readLeases(await resolveRoot(args, context));
  const own = leases.filter((lease) => isSameRun(lease.session, session));
  const [last] = own.sort((one, other) => other.since.localeCompare(one.since));
  if (last) return last.slice;
  throw new VirtbsError('no-slice', `no slice is leased for this session, ${showSession(session)}`, {
    hint: 'virtbs -s auto cycle … leases one; virtbs ls shows whose the others are',
  });
}
