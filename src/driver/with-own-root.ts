import { isSameFolder } from '../files/is-same-folder.js';
import type { SliceState } from './types.js';

/** The states with our root in the place of another path to it: a root is the folder that it is, however it was typed. */
export async function withOwnRoot(states: readonly SliceState[], root: string): Promise<readonly SliceState[]> {
  return await Promise.all(
    states.map(async (state) => ((await isSameFolder(state.root, root)) ? { ...state, root } : state)),
  );
}
