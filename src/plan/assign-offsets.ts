import { countOf } from '../text/count-of.js';
import type { RoleCount } from './topology.js';

/** The offset of the first VM: 0 is the network, 1 the host. */
const FIRST_OFFSET = 2;

export interface OffsetRequest extends RoleCount {
  /** The first offset of the role's own range; without it the role takes free ones. */
  readonly firstOffset: number | undefined;
}

export interface OffsetProblem {
  readonly role: string;
  readonly message: string;
}

/**
 * The offsets of every role's VMs. A role with a range of its own takes it from its beginning; the others are packed from 2 in
 * the order asked for. What does not fit is reported, all of it.
 */
export function assignOffsets(
  requests: readonly OffsetRequest[],
  maxOffset: number,
): { readonly offsets: ReadonlyMap<string, readonly number[]>; readonly problems: readonly OffsetProblem[] } {
  const owners = new Map<number, string>();
  const offsets = new Map<string, readonly number[]>();
  const problems: OffsetProblem[] = [];
  for (const { role, count, firstOffset } of requests.filter((request) => request.firstOffset !== undefined)) {
    const own = Array.from({ length: count }, (_, index) => (firstOffset ?? FIRST_OFFSET) + index);
    const taken = own.find((offset) => owners.has(offset));
    if (taken !== undefined) {
      problems.push({
        role,
        message: `${countOf(count, 'VM')} ${count === 1 ? 'needs' : 'need'} offset ${hex(taken)}, which is taken by role "${owners.get(taken)}"`,
      });
    }
    for (const offset of own) owners.set(offset, role);
    offsets.set(role, own);
  }
  let next = FIRST_OFFSET;
  for (const { role, count } of requests.filter((request) => request.firstOffset === undefined)) {
    const own: number[] = [];
    for (; own.length < count; next++) if (!owners.has(next)) own.push(next);
    offsets.set(role, own);
  }
  for (const [role, own] of offsets) {
    const last = own.at(-1) ?? 0;
    if (last > maxOffset)
      problems.push({
        role,
        message: `${countOf(own.length, 'VM')} ${own.length === 1 ? 'needs' : 'need'} offset ${hex(last)}, the last is ${hex(maxOffset)}`,
      });
  }
  return { offsets, problems };
}

function hex(offset: number): string {
  return `0x${offset.toString(16).padStart(2, '0')}`;
}
