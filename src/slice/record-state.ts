import type { CreateRequest } from '../driver/types.js';
import type { VerbContext } from '../events.js';
import { slicePaths } from '../filenames.js';
import type { ImageSource } from '../image/ready-all-images.js';
import type { ImageBuild } from '../image/types.js';
import { writeStateFile } from '../output/output-files.js';
import type { GuestFacts } from '../output/state.js';
import type { State } from '../output/state-schema.js';
import type { SlicePlan } from '../plan/plan.js';

export interface RecordOptions {
  /** The builds that disks were cloned from; one that failed is left out. */
  readonly images: CreateRequest['images'];
  readonly source: ImageSource;
  readonly outputDirectory: string;
  /** ISO 8601, UTC. */
  readonly created: string;
  readonly session: string;
  /** The facts that VMs tell, keyed by host name; null for a VM that told none. */
  readonly facts: ReadonlyMap<string, GuestFacts | null>;
  /** The earlier state, from which VMs that were not asked are taken. */
  readonly before?: State | undefined;
}

/** Writes the state of a slice, and says which files were written. A VM that did not say what it is is a warning. */
export async function recordState(
  plan: SlicePlan,
  options: RecordOptions,
  { emit }: Pick<VerbContext, 'emit'>,
): Promise<readonly string[]> {
  const { source, outputDirectory, created, session } = options;
  if (plan.vms.length === 0) return [];
  const facts = new Map<string, GuestFacts>();
  for (const [hostname, said] of options.facts) {
    if (said) facts.set(hostname, said);
    else
      emit({ type: 'warning', message: `${hostname} does not say what it is`, hint: 'no "facts" in the state file' });
  }
  const { root, recipes } = source;
  const state = await writeStateFile(plan, {
    root,
    paths: slicePaths(root, plan.slice),
    outputDirectory,
    created,
    session,
    images: await settledImages(options.images),
    imageLabels: Object.fromEntries(Object.entries(recipes).map(([slot, { labels = {} }]) => [slot, labels])),
    facts,
    before: options.before,
  });
  return [state];
}

async function settledImages(images: CreateRequest['images']): Promise<ReadonlyMap<string, ImageBuild>> {
  const results = await Promise.allSettled([...images].map(async ([name, build]) => [name, await build] as const));
  return new Map(results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])));
}
