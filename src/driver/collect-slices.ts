import type { Ownership } from './ownership.js';
import type { NetworkState, SliceState, VmState } from './types.js';

/** A thing that belongs to a slice, with the owner that its metadata names. */
interface Owned<T> {
  readonly ownership: Ownership;
  readonly state: T;
}

/** The slices that VMs and networks add up to: in the order of their numbers, their VMs in that of their offsets. */
export function collectSlices(
  vms: readonly Owned<VmState>[],
  networks: readonly Owned<NetworkState>[],
): readonly SliceState[] {
  const numbers = new Set([...vms, ...networks].map(({ ownership }) => ownership.slice));
  return [...numbers]
    .sort((one, other) => one - other)
    .map((slice) => {
      const own = ({ ownership }: Owned<unknown>): boolean => ownership.slice === slice;
      const [ownVms, ownNetworks] = [vms.filter(own), networks.filter(own)];
      return {
        slice,
        ...summarize(ownVms.length > 0 ? ownVms : ownNetworks),
        vms: ownVms.map(({ state }) => state).sort((one, other) => one.offset - other.offset),
        networks: ownNetworks.map(({ state }) => state),
      };
    });
}

/** Networks may have been made with an earlier slice, and so they are asked only where there is nobody else. */
function summarize(owned: readonly Owned<unknown>[]): Pick<SliceState, 'root' | 'session' | 'created' | 'expires'> {
  const owners = owned.map(({ ownership }) => ownership);
  const newest = owners.reduce((one, other) => (other.created > one.created ? other : one));
  const ends = owners.map(({ expires }) => expires).sort((one, other) => (one ?? '').localeCompare(other ?? ''));
  const expires = ends.includes(null) ? null : (ends.at(-1) ?? null);
  return { root: newest.root, session: newest.session, created: newest.created, expires };
}
