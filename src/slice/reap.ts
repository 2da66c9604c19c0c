import { assertAble } from '../driver/assert-able.js';
import type { SliceState } from '../driver/types.js';
import type { VerbContext } from '../events.js';
import { isSessionGone } from '../session/is-session-gone.js';
import { readLease, readLeases, tryLockLease, type LeaseRecord } from '../session/leases.js';
import { parseSession } from '../session/parse-session.js';
import { isOtherRun, type Session } from '../session/session.js';
import { tryAll } from '../try-all.js';
import { endLease, isMadeBy } from './end-lease.js';
import { wipe, type WipeOptions, type WipeResult } from './wipe.js';

export type ReapOptions = Omit<WipeOptions, 'slice' | 'only'>;

export interface ReapResult {
  readonly version: 1;
  readonly dryRun: boolean;
  readonly ended: readonly EndedSlice[];
}

export interface EndedSlice extends WipeResult {
  /** The reason why it was ended. */
  readonly reason: string;
}

/** When a run was seen at a place. */
interface Sighting {
  readonly session: Session;
  /** ISO 8601, UTC. */
  readonly time: string;
}

/**
 * Ends what is abandoned: slices whose time is over, and leases whose process or session is gone, or was followed by another
 * run at the same place. A slice that was chosen by its number ends by its time alone.
 */
export async function reap(options: ReapOptions, context: VerbContext): Promise<ReapResult> {
  const { driver, root, dryRun } = options;
  assertAble(driver, 'destroy');
  const [states, leases] = await Promise.all([driver.inspect({}, context), readLeases(root)]);
  const late = states.filter((state) => isLate(state, root));
  const sightings = [
    ...states.map(({ session, created }) => ({ session: parseSession(session), time: created })),
    ...leases.map(({ session, since }) => ({ session, time: since })),
  ];
  const lateNumbers = new Set(late.map(({ slice }) => slice));
  const others = leases.filter(({ slice }) => !lateNumbers.has(slice));
  const stateOf = new Map(states.map((state) => [state.slice, state]));
  const ended = await tryAll<EndedSlice | null>([
    ...late.map((state) => endLate(state, options, context)),
    ...others.map((lease) => endAbandoned(lease, { options, sightings, state: stateOf.get(lease.slice) }, context)),
  ]);
  const slices = ended.filter((slice) => slice !== null).sort((one, other) => one.slice - other.slice);
  return { version: 1, dryRun, ended: slices };
}

/** Ends slices whose time is over. */
export async function endLateSlices(options: ReapOptions, context: VerbContext): Promise<readonly EndedSlice[]> {
  const states = await options.driver.inspect({}, context);
  return await tryAll(
    states.filter((state) => isLate(state, options.root)).map((state) => endLate(state, options, context)),
  );
}

async function endLate(
  { slice, expires }: SliceState,
  options: ReapOptions,
  context: VerbContext,
): Promise<EndedSlice> {
  const only = (state: SliceState | undefined): boolean => state !== undefined && isLate(state, options.root);
  return { ...(await wipe({ ...options, slice, only }, context)), reason: `its time was over at ${expires ?? ''}` };
}

interface LeaseContext {
  readonly options: ReapOptions;
  readonly sightings: readonly Sighting[];
  readonly state: SliceState | undefined;
}

async function endAbandoned(
  { slice }: LeaseRecord,
  { options, sightings, state }: LeaseContext,
  context: VerbContext,
): Promise<EndedSlice | null> {
  await using lock = await tryLockLease(options.root, slice, `end of the lease of slice ${slice}`);
  const lease = lock && (await readLease(options.root, slice));
  if (!lease) return null;
  const reason = await whyAbandoned(
    lease,
    sightings,
    state && isMadeBy(lease, state, options.root) ? state : undefined,
  );
  return reason === null ? null : { ...(await endLease(lease, options, context)), reason };
}

/** Returns why a lease is over that no process works with; null where it is not. */
async function whyAbandoned(
  { session, since, until, expires }: LeaseRecord,
  sightings: readonly Sighting[],
  state: SliceState | undefined,
): Promise<string | null> {
  if (until === 'process') return 'its process is gone';
  if (until === 'session' && (await isSessionGone(session))) return 'its session is gone';
  const follower = sightings.find((seen) => isOtherRun(seen.session, session) && seen.time > since);
  if (follower) return `another run followed: ${follower.session.id}`;
  // What was made in it has a time of its own.
  return state === undefined && isOver(expires) ? `its time was over at ${expires ?? ''}` : null;
}

function isLate({ root, expires }: SliceState, ours: string): boolean {
  return root === ours && isOver(expires);
}

function isOver(expires: string | null): boolean {
  return expires !== null && Date.parse(expires) <= Date.now();
}
