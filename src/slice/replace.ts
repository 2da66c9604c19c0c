import type { VerbContext } from '../events.js';
import { prepareRoot } from '../files/prepare-root.js';
import { recordTimings, type Timings } from '../run-phase.js';
import { buildBeside } from './build-beside.js';
import type { SliceBuildOptions } from './slice-build.js';
import { lockSlice } from './lock-slice.js';
import { selectVms } from './select-vms.js';
import { readSlice } from './standing-slice.js';

export interface ReplaceOptions extends SliceBuildOptions {
  readonly slice: number;
  /** VMs and roles; at least one. */
  readonly words: readonly string[];
  readonly dryRun: boolean;
}

export interface ReplaceResult {
  readonly version: 1;
  readonly slice: number;
  readonly dryRun: boolean;
  readonly vms: readonly { readonly hostname: string; readonly domain: string; readonly role: string }[];
  readonly files: readonly string[];
  readonly timings: Timings;
}

/**
 * Destroys VMs and builds them anew from what they were built from, with fresh disks from their images; name, addresses and
 * host keys stay, and so do all other VMs.
 */
export async function replace(options: ReplaceOptions, { emit: tell, signal }: VerbContext): Promise<ReplaceResult> {
  const { slice, timeout, dryRun, words } = options;
  const { root } = options.images;
  const { emit, timings } = recordTimings(tell);
  const context = { emit, signal };
  if (!dryRun) await prepareRoot(root);
  await using _lock = dryRun ? undefined : await lockSlice({ root, slice, verb: 'replace', timeout }, context);
  const { state, origin: plan, outputDirectory } = await readSlice({ ...options, root }, context);
  const chosen = selectVms(state.vms, words, slice);
  const make = plan.vms.filter(({ domain }) => chosen.some((vm) => vm.domain === domain));
  const remove = { vms: chosen, networks: [] };
  const request = { plan, make, start: [], remove, old: state };
  const { files } = dryRun ? { files: [] } : await buildBeside({ ...options, outputDirectory }, request, context);
  const vms = chosen.map(({ hostname, domain, role }) => ({ hostname, domain, role }));
  return { version: 1, slice, dryRun, vms, files, timings };
}
