import type { LeaseSettings } from '../config/configuration.js';
import { assertAble } from '../driver/assert-able.js';
import type { Driver, SliceState } from '../driver/types.js';
import { VirtbsError } from '../errors.js';
import type { VerbContext } from '../events.js';
import { lockFile } from '../files/lock-file.js';
import { prepareRoot } from '../files/prepare-root.js';
import { rootPaths, slicePaths } from '../filenames.js';
import { isSessionGone } from '../session/is-session-gone.js';
import { readLease, readLeases, removeLease, tryLockLease, writeLease, type LeaseRecord } from '../session/leases.js';
import { isOtherRun, isSameRun, type Session } from '../session/session.js';
import { showSession } from '../session/show-session.js';
import { endLease, isMadeBy } from './end-lease.js';
import { endLateSlices } from './reap.js';

export interface LeaseOptions {
  readonly driver: Driver;
  readonly root: string;
  readonly session: Session;
  /** The slices to choose from. */
  readonly range: LeaseSettings;
  readonly expires: string | null;
  readonly until: LeaseRecord['until'];
  /** Takes a slice that the session does not have yet, after ending those whose time is over. */
  readonly another?: boolean;
  readonly outputDirectory: string;
  /** Milliseconds to wait for others. */
  readonly lockTimeout: number;
  /** Choose, but take nothing, and tear nothing down. */
  readonly dryRun: boolean;
}

/** A slice that a session was given. Disposing of it lets others have it if nothing is in it; what is made stays the session's. */
export interface Lease extends AsyncDisposable {
  readonly slice: number;
  /** True if the session had it before. */
  readonly reused: boolean;
  /** Makes the lease last as long as the session, or as its time, not only as long as this process. */
  keep(until?: 'session' | 'time'): Promise<void>;
}

interface Candidate {
  readonly slice: number;
  readonly reused: boolean;
  readonly until: LeaseRecord['until'];
}

/**
 * Gives a session a slice: its own one where it has one that none of its processes works with, else the first that is free.
 * What an earlier run left at the same executor or terminal is torn down before.
 *
 * @throws VirtbsError `no-slice` where none is free
 */
export async function leaseSlice(options: LeaseOptions, context: VerbContext): Promise<Lease> {
  const { root, session, dryRun } = options;
  assertAble(options.driver, 'create', 'destroy');
  if (dryRun) return await chooseOnly(options, context);
  await prepareRoot(root);
  await endEarlierRuns(options, context);
  if (options.another === true) await endLate(options, context);
  await using _lock = await lockFile(rootPaths(root).leasesLock, {
    holder: `choice of a slice for ${showSession(session)}`,
    signal: context.signal,
    timeout: options.lockTimeout,
    onWait: (holder) => context.emit({ type: 'lock-wait', what: 'the choice of a slice', holder }),
  });
  for await (const candidate of findCandidates(options, context)) {
    const lock = await tryLockLease(root, candidate.slice, `lease of slice ${candidate.slice}`);
    if (lock) return await takeSlice(candidate, lock, { options, context });
  }
  throw noneFree(options);
}

async function takeSlice(
  { slice, reused, until }: Candidate,
  lock: AsyncDisposable,
  { options, context }: { readonly options: LeaseOptions; readonly context: VerbContext },
): Promise<Lease> {
  const { root, session, expires, driver } = options;
  const record: LeaseRecord = { slice, session, since: new Date().toISOString(), expires, until };
  try {
    await writeLease(root, record);
  } catch (error) {
    await lock[Symbol.asyncDispose]();
    throw error;
  }
  context.emit({
    type: 'note',
    message: `slice ${slice} is ${reused ? 'still ' : ''}leased for ${showSession(session)}`,
  });
  return {
    slice,
    reused,
    keep: (end = 'session') => writeLease(root, { ...record, until: end }),
    async [Symbol.asyncDispose]() {
      const { signal } = new AbortController();
      const states = await driver.inspect({ slice }, { emit: () => undefined, signal }).catch(() => null);
      // A hypervisor that does not answer says nothing; the record is found out later.
      if (states?.length === 0) await removeLease(root, slice);
      await lock[Symbol.asyncDispose]();
    },
  };
}

/** Tears down what is leased to earlier runs at the session's place, unless one of their processes still works with it. */
async function endEarlierRuns(options: LeaseOptions, context: VerbContext): Promise<void> {
  const { root, session } = options;
  const earlier = (await readLeases(root)).filter((lease) => isOtherRun(lease.session, session));
  for (const { slice } of earlier) {
    await using lock = await tryLockLease(root, slice, `end of the lease of slice ${slice}`);
    const lease = lock && (await readLease(root, slice));
    if (!lease || !isOtherRun(lease.session, session)) continue;
    const message = `slice ${slice} was leased for ${showSession(lease.session)}, the run before: tearing it down`;
    context.emit({ type: 'note', message });
    await endLease(lease, options, context);
  }
}

/** A slice that cannot be ended is no reason to refuse another. */
async function endLate(options: LeaseOptions, context: VerbContext): Promise<void> {
  try {
    for (const { slice, reason } of await endLateSlices(options, context)) {
      context.emit({ type: 'note', message: `slice ${slice} is wiped: ${reason}` });
    }
  } catch (error) {
    if (!(error instanceof Error) || context.signal.aborted) throw error;
    context.emit({ type: 'warning', message: error.message });
  }
}

async function chooseOnly(options: LeaseOptions, context: VerbContext): Promise<Lease> {
  for await (const candidate of findCandidates(options, context)) {
    return { ...candidate, keep: async () => undefined, [Symbol.asyncDispose]: async () => undefined };
  }
  throw noneFree(options);
}

/** The slices that may be taken, best first. Others may still hold their locks. */
async function* findCandidates(options: LeaseOptions, context: VerbContext): AsyncGenerator<Candidate> {
  const { root, session, range, driver } = options;
  const [leases, states] = await Promise.all([readLeases(root), driver.inspect({}, context)]);
  const stateOf = new Map(states.map((state) => [state.slice, state]));
  const own = leases.filter(
    (lease) => options.another !== true && isSameRun(lease.session, session) && isUsable(lease, stateOf, root),
  );
  // One that lasts as long as the session goes on to do so, whatever works with it now.
  for (const { slice, until } of own) yield { slice, reused: true, until };
  for (let slice = range.first; slice <= range.last; slice++) {
    const lease = leases.find((record) => record.slice === slice);
    if (stateOf.has(slice) || (lease && !(await isStale(lease, options)))) continue;
    if (await isUnchanging(slice, options)) yield { slice, reused: false, until: options.until };
  }
}

function isUsable(lease: LeaseRecord, states: ReadonlyMap<number, SliceState>, root: string): boolean {
  const state = states.get(lease.slice);
  return state === undefined || isMadeBy(lease, state, root);
}

/**
 * Tells whether a lease is no reason any more to leave an empty slice to its session. A process that lives holds its lock.
 */
async function isStale({ session, until }: LeaseRecord, options: LeaseOptions): Promise<boolean> {
  return until !== 'session' || isSameRun(session, options.session) || (await isSessionGone(session));
}

/** Tells whether nobody is about to make the slice who has chosen it by its number. */
async function isUnchanging(slice: number, { root, dryRun }: LeaseOptions): Promise<boolean> {
  if (dryRun) return true;
  try {
    const { signal } = new AbortController();
    await using _lock = await lockFile(slicePaths(root, slice).lock, { holder: 'a look', timeout: 0, signal });
    return true;
  } catch (error) {
    if (error instanceof VirtbsError && error.code === 'locked') return false;
    throw error;
  }
}

function noneFree({ range: { first, last } }: LeaseOptions): VirtbsError {
  return new VirtbsError('no-slice', `no slice from ${first} to ${last} is free`, {
    hint: 'virtbs ls shows whose they are, virtbs reap ends what is abandoned; "lease" in the configuration has the range',
  });
}
