import type { NetworkState, SliceState, VmState } from './types.js';

/** What belongs to a slice, with the two facts by which it is known. */
interface Owned<T> {
  readonly ownership: { readonly slice: number; readonly root: string };
  readonly state: T;
}

/** The slices that VMs and networks add up to: in the order of their numbers, their VMs in that of their offsets. */
export function collectSlices(
  vms: readonly Owned<VmState>[],
  networks: readonly Owned<NetworkState>[],
): readonly SliceState[] {
  const slices = new Map<number, { slice: number; root: string; vms: VmState[]; networks: NetworkState[] }>();
  const sliceOf = ({ slice, root }: Owned<unknown>['ownership']) => {
    const state = slices.get(slice) ?? { slice, root, vms: [], networks: [] };
    slices.set(slice, state);
    return state;
  };
  for (const { ownership, state } of vms) sliceOf(ownership).vms.push(state);
  for (const { ownership, state } of networks) sliceOf(ownership).networks.push(state);
  for (const slice of slices.values()) slice.vms.sort((one, other) => one.offset - other.offset);
  return [...slices.values()].sort((one, other) => one.slice - other.slice);
}
