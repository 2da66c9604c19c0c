import { runVirtbs } from '../run-virtbs.js';

/** A slice as `virtbs ls` shows it. */
export interface ListedSlice {
  readonly slice: number;
  readonly session: string;
  readonly vms: readonly { readonly hostname: string }[];
}

/** Returns the slices that there are. */
export async function slices(directory: string): Promise<readonly ListedSlice[]> {
  const { stdout } = await runVirtbs(directory, 'ls', '--json');
  return stdout === '' ? [] : (JSON.parse(stdout) as { readonly slices: readonly ListedSlice[] }).slices;
}
