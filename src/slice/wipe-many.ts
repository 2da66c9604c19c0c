import type { SliceState } from '../driver/types.js';
import type { VerbContext } from '../events.js';
import { readLeases } from '../session/leases.js';
import { parseSession } from '../session/parse-session.js';
import type { Session } from '../session/session.js';
import { showSession } from '../session/show-session.js';
import { tryAll } from '../try-all.js';
import { wipe, type WipeOptions, type WipeResult } from './wipe.js';

export interface WipeManyOptions extends Omit<WipeOptions, 'slice' | 'only'> {
  /** Selects the sessions whose slices are destroyed. */
  readonly select: (session: Session) => boolean;
}

export interface WipeManyResult {
  readonly version: 1;
  readonly dryRun: boolean;
  readonly slices: readonly WipeResult[];
  /** Slices that were made with another root, and are not ours to destroy. */
  readonly skipped: readonly { readonly slice: number; readonly root: string }[];
}

/** Destroys the slices of the sessions that are selected, made or only leased, all at once. */
export async function wipeMany(options: WipeManyOptions, context: VerbContext): Promise<WipeManyResult> {
  const { driver, root, select, dryRun } = options;
  const [states, leases] = await Promise.all([driver.inspect({}, context), readLeases(root)]);
  const wanted = states.filter(({ session }) => select(parseSession(session)));
  const made = new Set(states.map(({ slice }) => slice));
  const leased = leases.filter(({ slice, session }) => !made.has(slice) && select(session));
  const numbers = [...wanted.filter((state) => state.root === root), ...leased].map(({ slice }) => slice);
  const only = (state: SliceState | undefined): boolean =>
    state === undefined || (state.root === root && select(parseSession(state.session)));
  const slices = await tryAll(
    numbers.sort((one, other) => one - other).map((slice) => wipe({ ...options, slice, only }, context)),
  );
  const skipped = wanted
    .filter((state) => state.root !== root)
    .map((state) => ({ slice: state.slice, root: state.root }));
  return { version: 1, dryRun, slices, skipped };
}

/** Tells whether a session is called by a name: its id, its place, or what `ls` shows of it. */
export function isCalled(session: Session, name: string): boolean {
  return [session.id, session.place, showSession(session)].includes(name);
}
