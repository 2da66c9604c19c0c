import { assertAble } from '../driver/assert-able.js';
import type { VerbContext } from '../events.js';
import type { Timings } from '../run-phase.js';
import { createBeside } from './create-beside.js';
import type { CreationOptions } from './slice-creation.js';
import { openVerb } from './open-verb.js';
import { selectVms } from './select-vms.js';
import { readSlice, type StandingSlice } from './standing-slice.js';

export interface ReplaceOptions extends CreationOptions {
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
export async function replace(options: ReplaceOptions, verb: VerbContext): Promise<ReplaceResult> {
  const { slice, lockTimeout, dryRun, words } = options;
  const { root } = options.images;
  assertAble(options.driver, 'create', 'destroy');
  const inspect = (context: VerbContext): Promise<StandingSlice> => readSlice({ ...options, root }, context);
  await using opened = await openVerb({ verb: 'replace', slice, root, lockTimeout, dryRun, inspect }, verb);
  const { context, timings } = opened;
  const { state, origin: plan, outputDirectory } = opened.found;
  const chosen = selectVms(state.vms, words, slice);
  const make = plan.vms.filter(({ domain }) => chosen.some((vm) => vm.domain === domain));
  const remove = { vms: chosen, networks: [] };
  const request = { plan, make, start: [], remove, old: state };
  const { files } = dryRun ? { files: [] } : await createBeside({ ...options, outputDirectory }, request, context);
  const vms = chosen.map(({ hostname, domain, role }) => ({ hostname, domain, role }));
  return { version: 1, slice, dryRun, vms, files, timings };
}
